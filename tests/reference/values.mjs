// Values of the reference engine as JSON, and back. What JSON has itself stays as it is; anything else is an object
// with one key, which is its type: {"quantity": [5, "mg"]}. The Python side has the same in wire.py.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const cql = require('cql-execution');

const code = c => [c.code, c.system ?? null, c.version ?? null, c.display ?? null];

export function toJson(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : { number: String(value) };
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (value.isQuantity) return { quantity: [value.value, value.unit ?? '1'] };
  if (value.isRatio) return { ratio: [toJson(value.numerator), toJson(value.denominator)] };
  // A Time is a DateTime of the first day of the year 0 to this engine.
  if (value.isDateTime) return value.isTime() ? { time: value.toString().slice(0, 12) } : { dateTime: value.toString() };
  if (value.isDate) return { date: value.toString() };
  if (value.isUncertainty) return { uncertainty: [toJson(value.low), toJson(value.high)] };
  if (value.isInterval) return { interval: [toJson(value.low), toJson(value.high), value.lowClosed, value.highClosed] };
  if (value.isCode) return { code: code(value) };
  if (value.isConcept) return { concept: value.codes.map(code) };
  if (typeof value.getTypeInfo === 'function') {
    const json = value._json ?? null;
    return json?.resourceType ? { resource: [json.resourceType, json.id ?? null] } : { element: json };
  }
  return { tuple: Object.fromEntries(Object.keys(value).map(name => [name, toJson(value[name])])) };
}

export function fromJson(json) {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const [[type, content]] = Object.entries(json);
  switch (type) {
    case 'quantity':
      return new cql.Quantity(...content);
    case 'code':
      return new cql.Code(...content.map(part => part ?? undefined));
    case 'concept':
      return new cql.Concept(content.map(each => fromJson({ code: each })));
    case 'dateTime':
      return cql.DateTime.parse(content);
    case 'date':
      return cql.Date.parse(content);
    case 'tuple':
      return Object.fromEntries(Object.entries(content).map(([name, value]) => [name, fromJson(value)]));
    default:
      throw new Error(`a parameter cannot be of the type ${type}`);
  }
}
