// Schemas, for forms and for people; JSON text.

const resolve = (schema, root) => {
  for (let hops = 0; schema && typeof schema.$ref === 'string' && hops < 16; hops += 1) {
    const { $ref, ...rest } = schema;
    let at = root;
    for (const key of $ref.replace(/^#\/?/, '').split('/')) {
      at = at === undefined || at === null || key === '' ? at : at[percentDecoded(key).replace(/~1/g, '/').replace(/~0/g, '~')];
    }
    schema = at && typeof at === 'object' ? { ...at, ...rest } : rest;
  }
  return schema && typeof schema === 'object' ? schema : {};
};
const typesOf = (schema) => Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : [];
// Returns the schema without null, for forms. A schema may refer to itself, so the number of steps is limited.
const plain = (schema, root, hops = 0) => {
  schema = resolve(schema, root);
  if (hops < 16) for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const options = (schema[key] || []).map((one) => resolve(one, root)).filter((one) => typesOf(one).join() !== 'null');
    if (Array.isArray(schema[key]) && options.length === 1) { const { [key]: _, ...rest } = schema; return plain({ ...options[0], ...rest }, root, hops + 1); }
  }
  return schema;
};
const choices = (schema, root) => {
  if (Array.isArray(schema.enum)) return schema.enum.filter((one) => one !== null);
  if (schema.const !== undefined) return [schema.const];
  const options = (schema.oneOf || schema.anyOf || []).map((one) => resolve(one, root));
  const constants = options.flatMap((one) => one.const !== undefined ? [one.const] : Array.isArray(one.enum) ? one.enum : []);
  return options.length && options.every((one) => one.const !== undefined || one.enum || one.type === 'null') ? constants.filter((one) => one !== null) : null;
};
const kindOf = (schema, root) => {
  schema = plain(schema, root);
  const types = typesOf(schema).filter((type) => type !== 'null');
  return types.length === 1 ? types[0] : schema.properties ? 'object' : schema.items ? 'array' : '';
};
// The constraints of a schema without null, other than its type.
const limits = (schema) => {
  const out = [];
  const range = (least, most, unit) => {
    const of = (count) => unit ? `${count} ${unit}${count === 1 ? '' : 's'}` : `${count}`;
    if (least !== undefined && most !== undefined) out.push(least === most ? `exactly ${of(least)}` : `${least} to ${of(most)}`);
    else if (least !== undefined) out.push(`at least ${of(least)}`);
    else if (most !== undefined) out.push(`at most ${of(most)}`);
  };
  range(schema.minimum, schema.maximum);
  if (schema.exclusiveMinimum !== undefined) out.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.exclusiveMaximum !== undefined) out.push(`less than ${schema.exclusiveMaximum}`);
  range(schema.minLength, schema.maxLength, 'character');
  range(schema.minItems, schema.maxItems, 'item');
  range(schema.minProperties, schema.maxProperties, 'member');
  if (schema.pattern) out.push(`matches ${schema.pattern}`);
  if (schema.multipleOf) out.push(`a multiple of ${schema.multipleOf}`);
  if (schema.uniqueItems) out.push('no duplicates');
  if (schema.default !== undefined && schema.default !== null) out.push(`default ${JSON.stringify(schema.default)}`);
  return out;
};
const rules = (schema, root) => {
  schema = plain(schema, root);
  const out = [];
  const types = typesOf(schema).filter((type) => type !== 'null');
  if (types.length) out.push(types.join(' or ') + (types[0] === 'array' && schema.items ? ` of ${kindOf(schema.items, root) || 'value'}s` : ''));
  if (schema.format) out.push(schema.format);
  const options = choices(schema, root);
  if (options) out.push(`one of ${options.map((one) => typeof one === 'string' ? one : JSON.stringify(one)).join(', ')}`);
  const whole = !types.length && !options && (schema.anyOf || schema.oneOf) ? outline(schema, root) : '';
  if (whole && !whole.includes('\n')) out.push(whole);
  out.push(...limits(schema));
  const each = types[0] === 'array' && schema.items ? limits(plain(schema.items, root)) : [];
  if (each.length) out.push(`each ${each.join(', ')}`);
  return out.join(' · ');
};
// A schema as an outline that people read, of at most 2,000 parts: types may contain each other many times.
const outline = (schema, root, indent = '', open = [], left = { parts: 2000 }) => {
  const name = schema && schema.$ref;
  if (name && open.includes(name)) return name.split('/').pop();
  if (left.parts <= 0) return '…';
  left.parts -= 1;
  const within = name ? [...open, name] : open;
  schema = resolve(schema, root);
  const nullable = typesOf(schema).includes('null') && typesOf(schema).length > 1 ? ' | null' : '';
  const options = choices(schema, root);
  if (options) return options.map((one) => JSON.stringify(one)).join(' | ') + nullable;
  for (const key of ['anyOf', 'oneOf']) {
    if (Array.isArray(schema[key])) return schema[key].map((one) => outline(one, root, indent, within, left)).join(' | ');
  }
  if (Array.isArray(schema.allOf)) return schema.allOf.map((one) => outline(one, root, indent, within, left)).join(' & ');
  const kind = kindOf(schema, root);
  if (kind === 'array') return `[${outline(schema.items || {}, root, indent, within, left)}]${nullable}`;
  if (kind === 'object' && schema.properties) {
    const deeper = `${indent}  `, required = new Set(schema.required);
    const lines = Object.entries(schema.properties).map(([member, value]) => {
      const optional = required.has(member) ? '' : '?';
      const says = (resolve(value, root).description || '').replace(/\s+/g, ' ').slice(0, 110);
      const notes = [...limits(plain(value, root)), says].filter(Boolean).join(' · ');
      const comment = notes && `  // ${notes}`;
      return `${deeper}${JSON.stringify(member).replace(/^"([A-Za-z_$][\w$]*)"$/, '$1')}${optional}: ${outline(value, root, deeper, within, left)}${comment}`;
    });
    return lines.length ? `{\n${lines.join('\n')}\n${indent}}${nullable}` : `{}${nullable}`;
  }
  if (kind === 'object' && schema.additionalProperties && typeof schema.additionalProperties === 'object') return `{ …: ${outline(schema.additionalProperties, root, indent, within, left)} }${nullable}`;
  const types = typesOf(schema).join(' | ');
  return (types || 'anything') + (schema.format ? ` (${schema.format})` : '');
};
// Returns a value for the user to edit: an example, the default, or the simplest value, of at most 500 parts.
const sample = (schema, root, depth = 0, left = { parts: 500 }) => {
  schema = plain(schema, root);
  left.parts -= 1;
  const hasMore = () => depth < 6 && left.parts > 0;
  const inner = (one) => sample(one, root, depth + 1, left);
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  const options = choices(schema, root);
  if (options && options.length) return options[0];
  const union = schema.oneOf || schema.anyOf;
  if (Array.isArray(union) && union.length && hasMore()) return inner(union[0]);
  switch (kindOf(schema, root)) {
    case 'object': {
      const required = new Set(schema.required);
      return Object.fromEntries(Object.entries(schema.properties || {}).flatMap(([member, one]) => required.has(member) && hasMore() ? [[member, inner(one)]] : []));
    }
    case 'array': return schema.minItems && hasMore() ? [inner(schema.items || {})] : [];
    case 'boolean': return false;
    case 'integer': case 'number': return schema.minimum !== undefined ? schema.minimum : 0;
    default: return '';
  }
};
const LONGEST = 200000;
const more = (count) => count > 0 ? `\n… and ${count} characters more` : '';
const shortened = (text) => text.slice(0, LONGEST) + more(text.length - LONGEST);
// Indents JSON text, and returns other text unchanged; long text is shortened. The digits of numbers do not change.
const pretty = (text) => {
  try { JSON.parse(text); } catch { return shortened(text); }
  let out = '', depth = 0, inString = false, opened = false, at = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  for (; at < text.length && out.length < LONGEST; at += 1) {
    const letter = text[at];
    if (inString) {
      out += letter;
      if (letter === '\\') out += text[at += 1];
      inString = letter !== '"';
    } else if (letter === '}' || letter === ']') {
      depth -= 1;
      out += opened ? letter : line() + letter;
      opened = false;
    } else if (!/\s/.test(letter)) {
      if (opened) out += line();
      opened = letter === '{' || letter === '[';
      if (opened) depth += 1;
      inString = letter === '"';
      out += letter === ',' ? `,${line()}` : letter === ':' ? ': ' : letter;
    }
  }
  return out + more(text.length - at);
};
