// The library's graph answered by graphql-js, one naive resolver a field. Resolvers are synchronous, so errors come depth first.

import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, execute, getOperationAST, GraphQLError, parse, validate } from 'graphql';
import { isDay, isInstant } from './convert.mjs';
import { fields, links } from './fields.mjs';

const graph = new URL('../library/graph/', import.meta.url);

// What the gateway has built in, as far as a document can tell: what `provenance` says of a record is the gateway's own knowledge,
// so the reference does not answer it and the generator does not ask.
const builtIn = `
  directive @entity(key: String, subject: String) on OBJECT
  directive @link(by: String) on FIELD_DEFINITION
  directive @data(owner: AgencyKind, mode: Mode, ttl: Int, stale: Int, class: [DataClass!])
    on OBJECT | INTERFACE | FIELD_DEFINITION | ARGUMENT_DEFINITION
  enum Mode { GOLDEN LIVE GOLDEN_THEN_LIVE LIVE_THEN_GOLDEN }
  scalar Date
  scalar DateTime
  type Provenance { source: String! }
`;

function scalar(schema, name, accepts) {
  const type = schema.getType(name);
  type.parseValue = (value) => {
    if (typeof value === 'string' && accepts(value)) return value;
    throw new GraphQLError(`${name} cannot represent this value`);
  };
  type.parseLiteral = (node) => type.parseValue(node.kind === 'StringValue' ? node.value : undefined);
}

export function build() {
  const files = readdirSync(graph).filter((name) => name.endsWith('.graphql')).sort();
  const schema = buildSchema([builtIn, ...files.map((name) => readFileSync(new URL(name, graph), 'utf8'))].join('\n'));
  scalar(schema, 'Date', isDay);
  scalar(schema, 'DateTime', isInstant);
  return schema;
}

/** Answers one field: a link by its own resolver, any other by what its type says about the source's record. */
function resolve(parent, args, _context, info) {
  const type = info.parentType.name;
  const field = info.fieldName;
  const link = links[type]?.[field];
  if (link) return link(parent?.record, args);
  const read = fields[type]?.[field];
  if (!read) throw new Error(`the reference has no resolver for ${type}.${field}`);
  return read(parent.record);
}

/** `undefined` data: refused before execution, as the gateway would with a 400. */
export function answer(schema, { query, variables, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch (error) {
    return { errors: [error] };
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return { errors };
  // "Operation Type Existence" of the September 2025 edition, which graphql-js 16 does not have among its rules.
  if (document.definitions.some((node) => node.kind === 'OperationDefinition' && !schema.getRootType(node.operation))) {
    return { errors: [new GraphQLError('the schema has no such operations')] };
  }
  if (!getOperationAST(document, operationName)) return { errors: [new GraphQLError('no operation, or none of that name')] };
  return execute({
    schema, document, operationName, variableValues: variables,
    fieldResolver: resolve,
    typeResolver: (value) => value.type,
  });
}

/** Fields of the graph that the reference does not answer, apart from those that are the gateway's own. */
export function unanswered(schema) {
  const missing = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.astNode?.kind !== 'ObjectTypeDefinition' || type.name === 'Provenance') continue;
    for (const field of Object.keys(type.getFields())) {
      if (field !== 'provenance' && !links[type.name]?.[field] && !fields[type.name]?.[field]) missing.push(`${type.name}.${field}`);
    }
  }
  return missing;
}
