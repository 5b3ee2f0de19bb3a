// What the packages need around them, and must not touch. Import this first.

import { createRequire } from 'node:module';

// A library inside @cqframework/cql looks for a global `require`, which modules do not have.
globalThis.require ??= createRequire(import.meta.url);

// The same package prints to standard output, which is for answers here: what it prints goes to standard error.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...text) => process.stderr.write(...text);

export const answer = json => write(JSON.stringify(json) + '\n');

// The FHIR reader warns, one write at a time, whenever an element is asked of a type that lacks it, as `as` does.
console.error = console.warn = () => {};
