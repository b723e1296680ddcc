// What a set of documents covers, so that nobody has to believe it.

import { getOperationAST, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql';
import { answer } from './reference.mjs';

const features = {
  aliases: /\w+: \w/, 'named fragments': /fragment \w+ on/, 'inline fragments': /\.\.\. ?on/, '@skip or @include': /@(skip|include)/,
  variables: /\$\w/, '__typename': /__typename/, introspection: /__(type|schema)\b/, 'several operations': /query First/,
};

export function figures(schema, requests) {
  const count = { executed: 0, clean: 0, errors: 0, empty: 0 };
  const refusals = new Map();
  const covered = new Set();
  const used = Object.fromEntries(Object.keys(features).map((name) => [name, 0]));
  for (const request of requests) {
    for (const [name, pattern] of Object.entries(features)) if (pattern.test(request.query)) used[name] += 1;
    const result = answer(schema, request);
    if (result.data === undefined) {
      refusals.set(stage(schema, request), (refusals.get(stage(schema, request)) ?? 0) + 1);
      continue;
    }
    count.executed += 1;
    if (result.errors) count.errors += 1;
    else count.clean += 1;
    if (result.data === null || Object.values(result.data).every((value) => value === null)) count.empty += 1;
    cover(schema, request.query, covered);
  }
  const all = coordinates(schema);
  const missing = all.filter((name) => !covered.has(name));
  return [
    `${requests.length} documents: ${count.executed} executed (${count.clean} clean, ${count.errors} with field errors, `
      + `${count.empty} with nothing but nulls), ${requests.length - count.executed} refused`,
    `refused by: ${[...refusals].map(([name, number]) => `${name} ${number}`).join(', ')}`,
    `with: ${Object.entries(used).map(([name, number]) => `${name} ${number}`).join(', ')}`,
    `fields asked in executed documents: ${all.length - missing.length} of ${all.length}${missing.length > 0 ? `, not ${missing.join(' ')}` : ''}`,
  ].join('\n');
}

function stage(schema, { query, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch {
    return 'syntax';
  }
  if (validate(schema, document).length > 0) return 'validation';
  return getOperationAST(document, operationName) ? 'variables' : 'operation name';
}

function cover(schema, query, covered) {
  const info = new TypeInfo(schema);
  visit(parse(query), visitWithTypeInfo(info, {
    Field(node) {
      if (info.getParentType()) covered.add(`${info.getParentType().name}.${node.name.value}`);
    },
  }));
}

const coordinates = (schema) => Object.values(schema.getTypeMap())
  .filter((type) => ['ObjectTypeDefinition', 'InterfaceTypeDefinition'].includes(type.astNode?.kind) && type.name !== 'Provenance')
  .flatMap((type) => Object.keys(type.getFields()).filter((name) => name !== 'provenance').map((name) => `${type.name}.${name}`));
