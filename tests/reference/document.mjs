// One random document that is meant to be valid: selections by the schema's own types, some of them put into fragments, some of
// their values into variables. What is wrong with a document is added afterwards, by `spoil.mjs`.

import {
  GraphQLNonNull, getNamedType, getNullableType, isAbstractType, isInterfaceType, isLeafType, isListType, isNonNullType, isObjectType, isUnionType,
} from 'graphql';
import { good, literal } from './values.mjs';

const introspections = [
  '__type(name: "Book") { kind name description fields { name type { kind name ofType { kind name } } args { name defaultValue } } interfaces { name } }',
  '__type(name: "Item") { kind fields(includeDeprecated: true) { name isDeprecated } possibleTypes { name } }',
  '__type(name: "Holding") { __typename name possibleTypes { name kind } enumValues { name } inputFields { name } }',
  '__type(name: "SearchFilter") { name inputFields { name defaultValue type { kind name ofType { name kind ofType { name } } } } fields { name } }',
  '__type(name: "CopyState") { name description enumValues { name isDeprecated deprecationReason } }',
  '__type(name: "Nothing") { name }',
  '__type(name: "Date") { kind name }',
  '__schema { queryType { name kind } mutationType { name } subscriptionType { name } }',
  '__schema { __typename queryType { fields { name args { name type { kind name } defaultValue } } } }',
];

class Writer {
  constructor(r, schema) {
    Object.assign(this, { r, schema, variables: [], values: {}, fragments: [], names: 0, budget: r.between(4, 26) });
  }

  fresh(prefix) { return `${prefix}${this.names++}`; }

  /**
   * A variable for a place of this type: of the same type or a stricter one, or nullable with a default (its own or the place's).
   * Its value is sent, or left out where that is allowed.
   */
  variable(type, coordinate, placeHasDefault) {
    const { r } = this;
    const name = this.fresh('v');
    const value = (of) => good(r, of, coordinate);
    let declared = type;
    let fallback;
    if (isNonNullType(type) && r.chance(0.3)) {
      declared = type.ofType;
      if (!placeHasDefault || r.chance(0.5)) fallback = value(type);
    } else if (!isNonNullType(type) && r.chance(0.25)) {
      declared = new GraphQLNonNull(type);
    } else if (!isNonNullType(type) && r.chance(0.3)) {
      fallback = value(type);
    }
    // A null for a nullable variable at a non-null place is a field error, which should be rare.
    if (isNonNullType(declared) || r.chance(0.65)) this.values[name] = value(r.chance(0.85) && isNonNullType(type) ? type : declared);
    const definition = `$${name}: ${declared}${fallback === undefined ? '' : ` = ${literal(fallback)}`}`;
    this.variables.push({ name, type, definition });
    return `$${name}`;
  }

  arguments(parent, field) {
    const { r } = this;
    const written = [];
    for (const argument of field.args) {
      const required = isNonNullType(argument.type) && argument.defaultValue === undefined;
      if (!required && r.chance(0.5)) continue;
      const coordinate = `${parent.name}.${field.name}.${argument.name}`;
      const value = r.chance(0.3) ? this.variable(argument.type, coordinate, argument.defaultValue !== undefined) : this.value(argument.type, coordinate);
      written.push(`${argument.name}: ${value}`);
    }
    return written.length > 0 ? `(${written.join(', ')})` : '';
  }

  /** A literal, now and then a list with a variable in it. */
  value(type, coordinate) {
    const list = getNullableType(type);
    if (isListType(list) && this.r.chance(0.15)) {
      return `[${literal(good(this.r, list.ofType, coordinate))}, ${this.variable(list.ofType, coordinate, false)}]`;
    }
    return literal(good(this.r, type, coordinate));
  }

  directives() {
    const { r } = this;
    if (!r.chance(0.09)) return '';
    const one = () => {
      const name = r.pick(['skip', 'include']);
      // Mostly such that the selection stays.
      const stays = name === 'include';
      if (r.chance(0.5)) return ` @${name}(if: ${r.chance(0.65) ? stays : !stays})`;
      const variable = this.variable(this.schema.getDirective(name).args[0].type, name, false).slice(1);
      if (variable in this.values && r.chance(0.5)) this.values[variable] = stays;
      return ` @${name}(if: $${variable})`;
    };
    return r.chance(0.1) ? one().replace(/@\w+/, '@skip') + one().replace(/@\w+/, '@include') : one();
  }

  field(parent, depth) {
    const { r } = this;
    const all = Object.values(parent.getFields()).filter((field) => field.name !== 'provenance');
    const fields = depth > 0 ? all : all.filter((field) => isLeafType(getNamedType(field.type)));
    if (fields.length === 0) return '__typename';
    let field = r.pick(fields);
    // Sources that always fail: seen often enough all the same.
    if (/^(archived|papers|original|pastEvents)$/.test(field.name) && r.chance(0.75)) field = r.pick(fields);
    const named = getNamedType(field.type);
    this.budget -= 1;
    const args = this.arguments(parent, field);
    // Another key wherever arguments may differ, or two selections of the field could not be merged.
    const alias = args !== '' || field.args.length > 0 || r.chance(0.12) ? `${this.fresh('k')}: ` : '';
    const head = `${alias}${field.name}${args}`;
    if (isLeafType(named)) return `${head}${this.directives()}`;
    const first = `${head}${this.directives()} ${this.set(named, depth - 1)}`;
    // The same response key again: what is selected below is merged, in the order of first appearance.
    return r.chance(0.14) ? `${first} ${r.chance(0.5) ? this.typename() : ''} ${head} ${this.set(named, depth - 1)}` : first;
  }

  typename() { return this.r.chance(0.3) ? `${this.fresh('t')}: __typename` : '__typename'; }

  /** Types that a fragment within `type` may name so that some object could be both. */
  conditions(type) {
    const possible = isAbstractType(type) ? this.schema.getPossibleTypes(type) : [type];
    const abstract = Object.values(this.schema.getTypeMap()).filter(
      (other) => isAbstractType(other) && possible.some((object) => this.schema.isSubType(other, object)),
    );
    return [...possible, ...possible, ...abstract];
  }

  fragment(type, depth) {
    const { r } = this;
    this.budget -= 1;
    const condition = r.pick(this.conditions(type));
    if (r.chance(0.6)) {
      const bare = r.chance(0.12);
      return `...${bare ? '' : ` on ${condition.name}`}${this.directives()} ${this.set(bare ? type : condition, depth)}`;
    }
    // Only those of the same operation: another one does not define their variables.
    const reusable = this.fragments.filter((known) => known.done && known.condition === condition && known.operation === this.current);
    if (reusable.length > 0 && r.chance(0.6)) return `...${r.pick(reusable).name}${this.directives()}`;
    const fragment = { name: this.fresh('F'), condition, operation: this.current, done: false };
    this.fragments.push(fragment);
    fragment.text = `fragment ${fragment.name} on ${condition.name} ${this.set(condition, depth)}`;
    fragment.done = true;
    return `...${fragment.name}${this.directives()}`;
  }

  set(type, depth) {
    const { r } = this;
    const parts = [];
    const count = r.between(1, depth > 0 ? 4 : 3);
    for (let n = 0; n < count && (n === 0 || this.budget > 0); n += 1) {
      const abstract = isAbstractType(type);
      if (r.chance(0.1)) parts.push(this.typename());
      else if (this.budget > 0 && (isUnionType(type) || r.chance(abstract ? 0.45 : 0.1))) parts.push(this.fragment(type, depth));
      else if (isInterfaceType(type) || isObjectType(type)) parts.push(this.field(type, this.budget > 0 ? depth : 0));
      else parts.push('__typename');
    }
    return `{ ${parts.join(' ')} }`;
  }

  operation(name) {
    const { r } = this;
    this.current = name;
    const from = this.variables.length;
    const roots = Array.from({ length: r.between(1, 3) }, () => {
      if (r.chance(0.06)) return `${this.fresh('s')}: ${r.pick(introspections)}`;
      if (r.chance(0.06)) return this.fragment(this.schema.getQueryType(), 4);
      return this.field(this.schema.getQueryType(), r.between(2, 5));
    });
    const definitions = this.variables.slice(from).map(({ definition }) => definition);
    const head = definitions.length > 0 ? `query ${name}(${definitions.join(', ')})` : `query ${name}`;
    return { name, text: `${name === '' && definitions.length === 0 ? '' : `${head} `}{ ${roots.join(' ')} }` };
  }
}

/** `variableTypes` says which variable stands for what, for `spoil`. */
export function document(r, schema) {
  const writer = new Writer(r, schema);
  const several = r.chance(0.1);
  const operations = several
    ? [writer.operation('First'), writer.operation('Second')]
    : [writer.operation(r.chance(0.5) ? '' : 'Only')];
  const definitions = [...operations.map(({ text }) => text), ...writer.fragments.map(({ text }) => text)];
  // Fragments may stand before what uses them.
  if (r.chance(0.2)) definitions.reverse();
  const operationName = several ? r.pick(['First', 'Second']) : r.chance(0.2) ? operations[0].name || undefined : undefined;
  return {
    query: definitions.join(r.pick(['\n', ' ', '\n\n# and\n'])),
    variables: writer.values,
    operationName,
    variableTypes: writer.variables,
  };
}
