// What may be wrong with a document: each way takes a good one and gives a bad one, or `undefined` where it does not apply.
// Some ways leave it valid now and then (a fragment on another type may still fit); the reference says, not this file.

import { Kind, parse, print, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { bad, literal } from './values.mjs';

const field = (name, alias) => ({
  kind: Kind.FIELD, name: { kind: Kind.NAME, value: name }, alias: alias ? { kind: Kind.NAME, value: alias } : undefined, arguments: [], directives: [],
});
const parsed = (selection) => parse(`{ ${selection} }`).definitions[0].selectionSet.selections;

/** The nodes of these kinds, as objects that may be changed: graphql-js freezes nothing. */
function nodes(ast, ...kinds) {
  const found = [];
  visit(ast, { enter(node) { if (kinds.includes(node.kind)) found.push(node); } });
  return found;
}

const one = (r, list) => (list.length > 0 ? r.pick(list) : undefined);

/** A way that changes the tree; gives up where `change` gives `false`. */
const tree = (change) => (r, good, schema) => {
  const ast = parse(good.query);
  return change(r, ast, schema) === false ? undefined : { ...good, query: print(ast) };
};

/** Puts something in front of, or behind, the selections of some set. */
const selecting = (...choices) => tree((r, ast) => {
  const set = r.pick(nodes(ast, Kind.SELECTION_SET));
  const added = parsed(r.pick(choices));
  set.selections = r.chance(0.5) ? [...added, ...set.selections] : [...set.selections, ...added];
});

const appending = (...choices) => (r, good) => ({ ...good, query: `${good.query}\n${r.pick(choices)}` });

/** Arguments with the type that the schema gives them. */
function typedArguments(ast, schema) {
  const info = new TypeInfo(schema);
  const found = [];
  visit(ast, visitWithTypeInfo(info, {
    Argument(node) {
      const argument = info.getArgument();
      if (argument) found.push({ node, type: argument.type });
    },
  }));
  return found;
}

const syntax = (r, good) => {
  const at = r.below(good.query.length);
  const cut = r.pick([0, 1, 1, 5]);
  const added = cut === 0 ? r.pick(['{', '}', '(', '$', '"', '!', ' ... ', ' on ', '@', ':', '\u0007', '"""', '0x', '1.', '|', '&']) : '';
  return { ...good, query: good.query.slice(0, at) + added + good.query.slice(at + cut) };
};

/**
 * A null for a variable that `@skip` or `@include` reads is left out: the specification has no word on it, graphql-js fails the
 * field around it while it executes, and the gateway refuses the request, as it does for any other variable of a wrong value.
 */
const given = (good, chosen, value) =>
  value === null && String(chosen.type) === 'Boolean!' ? undefined : { ...good, variables: { ...good.variables, [chosen.name]: value } };

export const ways = {
  syntax,
  empty: (r, good) => ({ ...good, query: r.pick([
    '', ' ', '# nothing', '{ }', 'query', 'fragment on on Query { __typename }', '{ item(id: "i01") { } }', '{ item() { id } }',
  ]) }),
  definition: appending('type Extra { a: Int }', 'extend type Query { a: Int }', 'scalar Extra'),
  unknownField: selecting('nosuch', 'nosuch { id }', 'Title', '__nosuch', 'x: nosuch(a: 1)'),
  fieldOfAnother: selecting('isbn', 'barcode', 'name', 'scale', 'stars', '__schema { queryType { name } }'),
  unknownArgument: tree((r, ast) => {
    const chosen = r.pick(nodes(ast, Kind.FIELD));
    chosen.arguments = [...chosen.arguments, ...parsed('x(nosuch: 1)')[0].arguments];
  }),
  wrongLiteral: tree((r, ast, schema) => {
    const chosen = one(r, typedArguments(ast, schema));
    if (!chosen) return false;
    chosen.node.value = parsed(`x(a: ${literal(bad(r, chosen.type, ''))})`)[0].arguments[0].value;
    return true;
  }),
  missingArgument: tree((r, ast) => {
    const chosen = one(r, nodes(ast, Kind.FIELD).filter((node) => node.arguments.length > 0));
    if (!chosen) return false;
    chosen.arguments = chosen.arguments.slice(1);
    return true;
  }),
  twiceTheArgument: tree((r, ast) => {
    const chosen = one(r, nodes(ast, Kind.FIELD).filter((node) => node.arguments.length > 0));
    if (!chosen) return false;
    chosen.arguments = [...chosen.arguments, chosen.arguments[0]];
    return true;
  }),
  inputFields: tree((r, ast) => {
    ast.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION).selectionSet.selections.push(...parsed(`inputs: search(filter: ${r.pick([
      '{ words: ["map"], words: ["fen"] }', '{ score: { least: null } }', '{ score: {} }', '{ score: { most: "1" } }', '{ kinds: [ITEM, NOWHERE] }',
      '{ kinds: ITEM }', '{ nosuch: 1 }', '{ since: "2024-02-30" }', '{ since: 2024 }', '[]', '"x"', '{ words: [null] }', '{ words: [["x"]] }',
    ])}) { __typename }`));
  }),
  leafWithSelection: tree((r, ast) => {
    const chosen = one(r, nodes(ast, Kind.FIELD).filter((node) => !node.selectionSet));
    if (!chosen) return false;
    chosen.selectionSet = { kind: Kind.SELECTION_SET, selections: [field('id')] };
    return true;
  }),
  objectWithoutSelection: tree((r, ast) => {
    const chosen = one(r, nodes(ast, Kind.FIELD).filter((node) => node.selectionSet));
    if (!chosen) return false;
    chosen.selectionSet = undefined;
    return true;
  }),
  conflict: selecting(
    'same: __typename same: id', 'id: __typename id', '__typename __typename: id', 'same: id ... { same: title }', 'title: id title',
    'same: copies(state: ON_LOAN) { barcode } same: copies { barcode }', 'same: copies { x: barcode } same: copies { x: state }',
    'a: language { n: code } ... on Item { a: language { n: name } }',
  ),
  conflictBetweenTypes: tree((r, ast) => {
    ast.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION).selectionSet.selections.push(...parsed(`types: catalog(first: 12) { ${r.pick([
      '... on Book { same: pages } ... on Film { same: minutes }', '... on Book { same: isbn } ... on Film { same: minutes }',
      '... on Book { same: title } ... on Film { same: title }', '... on Book { same: rating } ... on Map { same: scale }',
      '... on Book { same: author { x: name } } ... on Map { same: language { x: name } }', '... on Book { same: author { x: name } } ... on Map { same: language { x: code } }',
      '... on Book { same: series { name } } ... on Map { same: bounds { north } }', '... on Item { same: title } ... on Film { same: minutes }',
      '... on Book { same: shelf } ... on Film { same: rated }', '... on Book { same: reviews { stars } } ... on Film { same: language { code } }',
    ])} }`));
  }),
  undefinedFragment: selecting(
    '...Missing', '... on Nothing { id }', '... on Int { id }', '... on SearchFilter { words }', '... on Shelf { x }',
  ),
  fragmentElsewhere: selecting(
    '... on Member { id }', '... on Exhibit { __typename }', '... on Item { id }', '... on Query { __typename }',
    '... on Holding { __typename }',
  ),
  unusedFragment: appending(
    'fragment Unused on Branch { id }', 'fragment Unused on Item { title ... on Book { isbn } }', 'fragment Unused on Nothing { id }',
  ),
  twiceTheFragment: appending('fragment Twice on Branch { id } fragment Twice on Branch { name }'),
  cycle: (r, good) => {
    const made = selecting('...Round')(r, good);
    const rest = r.pick([
      'fragment Round on Item { id ...Round }', 'fragment Round on Item { ...Other } fragment Other on Item { title ...Round }',
      'fragment Round on Branch { events { branch { ...Round } } }', 'fragment Round on Query { ...Other } fragment Other on Query { __typename }',
    ]);
    return { ...made, query: `${made.query}\n${rest}` };
  },
  unusedVariable: tree((r, ast) => {
    const operation = ast.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    const added = parse(`query (${r.pick([
      '$unused: Int', '$unused: Int = 3', '$unused: SearchFilter', '$a: Int $a: Int', '$out: Book', '$no: Nothing', '$bad: Int = "x"',
      '$bad: Int! = null',
    ])}) { x }`);
    operation.variableDefinitions = [...operation.variableDefinitions, ...added.definitions[0].variableDefinitions];
  }),
  undefinedVariable: tree((r, ast) => {
    const chosen = one(r, nodes(ast, Kind.ARGUMENT));
    if (!chosen) return false;
    chosen.value = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: 'ghost' } };
    return true;
  }),
  variableOfAnotherType: tree((r, ast) => {
    const chosen = one(r, nodes(ast, Kind.VARIABLE_DEFINITION));
    if (!chosen) return false;
    chosen.type = parse(`query ($x: ${r.pick([
      'Int', 'String', 'String!', '[ID]', 'Boolean', 'CopyState', 'Float!', '[[String]]', 'Date',
    ])}) { x }`).definitions[0].variableDefinitions[0].type;
    return true;
  }),
  directive: tree((r, ast) => {
    const chosen = r.pick(nodes(ast, Kind.FIELD, Kind.INLINE_FRAGMENT, Kind.FRAGMENT_SPREAD, Kind.OPERATION_DEFINITION, Kind.FRAGMENT_DEFINITION));
    const directives = r.pick([
      '@nosuch', '@skip', '@include(if: null)', '@include(if: "true")', '@skip(if: false) @skip(if: false)', '@include(if: true)',
      '@deprecated', '@skip(unless: true)', '@link', '@specifiedBy(url: "x")',
    ]);
    chosen.directives = [...(chosen.directives ?? []), ...parsed(`x ${directives}`)[0].directives];
  }),
  operations: appending('{ __typename }', 'query Only { __typename }', 'query First { __typename }', 'query Third { __typename }'),
  operationName: (r, good) => ({ ...good, operationName: r.pick(['Nobody', '', 'only', 'First']) }),
  otherOperation: (r, good) => ({ ...good, operationName: undefined, query: r.pick([
    'mutation { lend }', 'subscription { lent }', 'mutation M { __typename }', 'subscription S { __typename }',
    'mutation { a: __typename } query Q { __typename }',
  ]) }),
  variableValue: (r, good) => {
    const chosen = one(r, good.variableTypes);
    return chosen && given(good, chosen, bad(r, chosen.type, ''));
  },
  missingVariable: (r, good) => {
    const chosen = one(r, good.variableTypes);
    if (!chosen) return undefined;
    const { [chosen.name]: _, ...variables } = good.variables;
    return { ...good, variables };
  },
  nullVariable: (r, good) => {
    const chosen = one(r, good.variableTypes);
    return chosen && given(good, chosen, null);
  },
  unheardVariable: (r, good) => ({ ...good, variables: { ...good.variables, unheard: r.pick([1, null, 'x', {}]) } }),
};
