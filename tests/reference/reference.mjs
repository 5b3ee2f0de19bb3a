// The reference translator (@cqframework/cql) and the reference engine (cql-execution) of CQL, asked over standard
// input and output: one JSON object a line in, one out. reference.py starts it.
//
//   {"ask": "translate", "text": …, "folders": […]}    -> {"messages": […]}: of the text and all that it includes
//   {"ask": "valueSets", "valueSets": {url: [[system, code], …]}}   -> {}
//   {"ask": "evaluate", "resources": […], "parameters": {…}, "asOf": …}
//       -> {"values": {library: {define: value or {"failed": why}}}}: every define of what was translated last
//   {"ask": "time", "resources": […], "parameters": {…}, "asOf": …, "times": n}   -> {"milliseconds": [n numbers]}

import { answer } from './surroundings.mjs';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { createRequire } from 'node:module';
import { fromJson, toJson } from './values.mjs';

const require = createRequire(import.meta.url);
const toElm = await import('@cqframework/cql/cql-to-elm');
const { SystemModelInfoProvider } = await import('@cqframework/cql/cql');
const engine = require('cql-execution');
const fhir = require('cql-exec-fhir');
const ucum = require('@lhncbc/ucum-lhc').UcumLhcUtils.getInstance();

// --- the translator ---

let folders = [];

const fileOf = (name, version) =>
  folders
    .flatMap(folder => [`${name}-${version}.cql`, `${name}.cql`].map(file => path.join(folder, file)))
    .find(file => fs.existsSync(file));

const sourceOf = file => (file ? toElm.stringAsSource(fs.readFileSync(file, 'utf8')) : null);

function translatorSettings() {
  const models = new toElm.ModelManager();
  // The model of CQL's own types is in the package, but must be registered; the one of FHIR comes with cql-exec-fhir.
  models.modelInfoLoader.registerModelInfoProvider(new SystemModelInfoProvider());
  const modelInfos = path.join(path.dirname(require.resolve('cql-exec-fhir')), 'modelInfos');
  models.modelInfoLoader.registerModelInfoProvider(
    toElm.createModelInfoProvider((name, system, version) =>
      name === 'FHIR' ? sourceOf(path.join(modelInfos, `fhir-modelinfo-${version}.xml`)) : null
    )
  );
  const options = toElm.CqlCompilerOptions.defaultOptions();
  // The defaults, without the annotations that only make the result larger. List demotion and promotion stay off.
  const chosen = options.options.asJsSetView();
  for (const option of [...chosen]) if (/Annotations|Locators/.test(option.name)) chosen.delete(option);
  options.signatureLevel = toElm.LibraryBuilder.SignatureLevel.valueOf('Overloads');
  return { models, options };
}

const unsupported = () => {
  throw new Error('the translator only asks whether a unit is one');
};
const unitProblem = unit => {
  const { status, msg } = ucum.validateUnitString(unit);
  return status === 'valid' ? null : String(msg[0]);
};
const { models, options } = translatorSettings();
const libraryManager = new toElm.LibraryManager(
  models,
  options,
  null,
  toElm.createUcumService(unsupported, unitProblem, unsupported, unsupported)
);
libraryManager.librarySourceLoader.registerProvider(
  toElm.createLibrarySourceProvider((name, system, version) => sourceOf(fileOf(name, version)))
);

let translated = null;

function translate(request) {
  folders = request.folders;
  libraryManager.compiledLibraries.asJsMapView().clear();
  const translator = toElm.CqlTranslator.fromText(request.text, libraryManager);
  const messages = [...translator.exceptions.asJsReadonlyArrayView()].map(each => ({
    severity: each.severity.name,
    line: Number(/startLine=(\d+)/.exec(String(each.locator))?.[1] ?? 0),
    message: each.message,
  }));
  translated = null;
  if (!messages.some(each => each.severity === 'Error')) {
    const elm = {};
    for (const [id, library] of translator.libraries.asJsReadonlyMapView())
      elm[id.id] = JSON.parse(toElm.CqlTranslator.convertToJson(library));
    translated = new engine.Library(withoutParameterTypes(JSON.parse(translator.toJson())), new engine.Repository(elm));
  }
  return { messages };
}

// A library declares only the elements of a tuple that it uses; the engine refuses to take more as a parameter.
function withoutParameterTypes(elm) {
  for (const parameter of elm.library.parameters?.def ?? []) delete parameter.parameterTypeSpecifier;
  return elm;
}

// --- the engine ---

let codes = new engine.CodeService({});
const patients = fhir.PatientSource.FHIRv401(); // reads its model of FHIR each time one is made: one serves all

// What is read of an element is kept: the reader makes it anew each time, at some cost. And a contained resource, which
// to this reader is a Resource and no more, gets its type back, which the data tell.
const wrapper = fhir.FHIRWrapper.FHIRv401();
const fhirObject = Object.getPrototypeOf(wrapper.wrap({ resourceType: 'Patient' }));
const { get } = fhirObject;
const read = new WeakMap();
fhirObject.get = function (name) {
  if (!read.has(this)) read.set(this, new Map());
  const known = read.get(this);
  if (!known.has(name))
    known.set(
      name,
      name === 'contained' && this._json?.contained
        ? this._json.contained.map(resource => wrapper.wrap(resource))
        : get.call(this, name)
    );
  return known.get(name);
};

function setValueSets({ valueSets }) {
  const known = {};
  for (const [url, members] of Object.entries(valueSets))
    known[url] = { 1: members.map(([system, code]) => ({ system, code })) };
  codes = new engine.CodeService(known);
  return {};
}

async function evaluate(asked) {
  const values = {};
  await addValues(translated, patientContext(asked.resources, supplied(asked.parameters), asked.asOf), values);
  return { values };
}

const supplied = parameters =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, fromJson(value)]));

function patientContext(resources, parameters, asOf) {
  patients.reset();
  patients._bundles = [];
  patients.loadBundles([{ resourceType: 'Bundle', entry: resources.map(resource => ({ resource })) }]);
  const at = engine.DateTime.parse(asOf);
  return new engine.PatientContext(translated, patients.currentPatient(), codes, parameters, at);
}

// How long it takes, from resources as JSON on, to evaluate every define of the library itself.
async function time({ resources, parameters, asOf, times }) {
  const values = supplied(parameters);
  const milliseconds = [];
  for (let round = 0; round < times; round++) {
    const started = performance.now();
    const context = patientContext(resources, values, asOf);
    for (const define of definesOf(translated))
      try {
        await define.execute(context);
      } catch {
        // A define that fails has taken its time too; `evaluate` tells why.
      }
    milliseconds.push(performance.now() - started);
  }
  return { milliseconds };
}

// The defines of a library and of all that it includes, however far, each library once.
async function addValues(library, context, values) {
  values[library.name] = await valuesOf(library, context);
  for (const [alias, included] of Object.entries(library.includes))
    if (!(included.name in values)) await addValues(included, context.getLibraryContext(alias), values);
}

// Each define by itself, so that one that fails takes no other with it. The context keeps what is known already.
async function valuesOf(library, context) {
  const values = {};
  for (const define of definesOf(library))
    try {
      values[define.name] = toJson(await define.execute(context));
    } catch (error) {
      values[define.name] = { failed: String(error.cause?.message ?? error.message ?? error).slice(0, 300) };
    }
  return values;
}

const definesOf = library =>
  Object.values(library.expressions).filter(define => define.context === 'Patient' && define.name !== 'Patient');

const questions = { translate, valueSets: setValueSets, evaluate, time };

for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    answer(await questions[request.ask](request));
  } catch (error) {
    answer({ broken: String(error.stack ?? error) });
  }
}
