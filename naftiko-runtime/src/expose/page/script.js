'use strict';
(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);

// Builds an element. Texts are only ever text: nothing here writes markup.
const el = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
};
let ids = 0;
const fresh = () => `f${ids += 1}`;

// Addresses. The page may be mounted at any path, so its files are addressed relative to it.
const beside = (path) => new URL(document.documentElement.dataset.beside + path, location.href).href;
const restBase = () => data.rest === null ? beside('').replace(/\/$/, '') : new URL(data.rest, location.href).href.replace(/\/$/, '');
const mcpAddress = () => data.mcp && data.mcp.path !== null ? (data.mcp.path.includes('/') ? new URL(data.mcp.path, location.href).href : beside(data.mcp.path)) : null;

// Schemas.
const resolve = (schema, root) => {
  for (let hops = 0; schema && typeof schema.$ref === 'string' && hops < 16; hops += 1) {
    const { $ref, ...rest } = schema;
    let at = root;
    for (const key of $ref.replace(/^#\/?/, '').split('/')) {
      at = at === undefined || at === null || key === '' ? at : at[decodeURIComponent(key).replace(/~1/g, '/').replace(/~0/g, '~')];
    }
    schema = at && typeof at === 'object' ? { ...at, ...rest } : rest;
  }
  return schema && typeof schema === 'object' ? schema : {};
};
const typesOf = (schema) => Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : [];
// The schema without null, for forms.
const plain = (schema, root) => {
  schema = resolve(schema, root);
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const options = (schema[key] || []).map((one) => resolve(one, root)).filter((one) => typesOf(one).join() !== 'null');
    if (Array.isArray(schema[key]) && options.length === 1) { const { [key]: _, ...rest } = schema; return plain({ ...options[0], ...rest }, root); }
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
const rules = (schema, root) => {
  schema = plain(schema, root);
  const out = [];
  const types = typesOf(schema).filter((type) => type !== 'null');
  if (types.length) out.push(types.join(' or ') + (types[0] === 'array' && schema.items ? ` of ${kindOf(schema.items, root) || 'values'}s` : ''));
  if (schema.format) out.push(schema.format);
  const options = choices(schema, root);
  if (options) out.push(`one of ${options.map((one) => typeof one === 'string' ? one : JSON.stringify(one)).join(', ')}`);
  const range = (least, most, what) => {
    if (least !== undefined && most !== undefined) out.push(least === most ? `exactly ${least}${what}` : `${least} to ${most}${what}`);
    else if (least !== undefined) out.push(`at least ${least}${what}`);
    else if (most !== undefined) out.push(`at most ${most}${what}`);
  };
  range(schema.minimum, schema.maximum, '');
  if (schema.exclusiveMinimum !== undefined) out.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.exclusiveMaximum !== undefined) out.push(`less than ${schema.exclusiveMaximum}`);
  range(schema.minLength, schema.maxLength, ' characters');
  range(schema.minItems, schema.maxItems, ' items');
  if (schema.pattern) out.push(`matches ${schema.pattern}`);
  if (schema.multipleOf) out.push(`a multiple of ${schema.multipleOf}`);
  if (schema.uniqueItems) out.push('no duplicates');
  if (schema.default !== undefined && schema.default !== null) out.push(`default ${JSON.stringify(schema.default)}`);
  return out.join(' · ');
};
// Returns a schema as an outline for people.
const outline = (schema, root, indent = '', open = []) => {
  const name = schema && schema.$ref;
  if (name && open.includes(name)) return name.split('/').pop();
  const within = name ? [...open, name] : open;
  schema = resolve(schema, root);
  const nullable = typesOf(schema).includes('null') && typesOf(schema).length > 1 ? ' | null' : '';
  const options = choices(schema, root);
  if (options) return options.map((one) => JSON.stringify(one)).join(' | ') + nullable;
  for (const key of ['anyOf', 'oneOf']) {
    if (Array.isArray(schema[key])) return schema[key].map((one) => outline(one, root, indent, within)).join(' | ');
  }
  if (Array.isArray(schema.allOf)) return schema.allOf.map((one) => outline(one, root, indent, within)).join(' & ');
  const kind = kindOf(schema, root);
  if (kind === 'array') return `[${outline(schema.items || {}, root, indent, within)}]${nullable}`;
  if (kind === 'object' && schema.properties) {
    const deeper = `${indent}  `;
    const lines = Object.entries(schema.properties).map(([member, value]) => {
      const optional = (schema.required || []).includes(member) ? '' : '?';
      const says = resolve(value, root).description;
      const told = says ? `  // ${says.replace(/\s+/g, ' ').slice(0, 110)}` : '';
      return `${deeper}${JSON.stringify(member).replace(/^"([A-Za-z_$][\w$]*)"$/, '$1')}${optional}: ${outline(value, root, deeper, within)}${told}`;
    });
    return lines.length ? `{\n${lines.join('\n')}\n${indent}}${nullable}` : `{}${nullable}`;
  }
  if (kind === 'object' && schema.additionalProperties && typeof schema.additionalProperties === 'object') return `{ …: ${outline(schema.additionalProperties, root, indent, within)} }${nullable}`;
  const types = typesOf(schema).join(' | ');
  return (types || 'anything') + (schema.format ? ` (${schema.format})` : '');
};
// A value to start from.
const sample = (schema, root, depth = 0) => {
  schema = plain(schema, root);
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  const options = choices(schema, root);
  if (options && options.length) return options[0];
  const union = schema.oneOf || schema.anyOf;
  if (Array.isArray(union) && union.length && depth < 6) return sample(union[0], root, depth + 1);
  switch (kindOf(schema, root)) {
    case 'object': {
      const value = {};
      if (depth < 6) for (const [member, one] of Object.entries(schema.properties || {})) if ((schema.required || []).includes(member)) value[member] = sample(one, root, depth + 1);
      return value;
    }
    case 'array': return schema.minItems && depth < 6 ? [sample(schema.items || {}, root, depth + 1)] : [];
    case 'boolean': return false;
    case 'integer': case 'number': return schema.minimum !== undefined ? schema.minimum : 0;
    default: return '';
  }
};
// JSON text, indented, every number as it was written.
const pretty = (text) => {
  try { JSON.parse(text); } catch { return text; }
  let out = '', depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '{' || token === '[') { depth += 1; out += token + line(); }
    else if (token === '}' || token === ']') { depth -= 1; out = /[{[]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token; }
    else out += token === ',' ? `,${line()}` : token === ':' ? ': ' : token;
  }
  return out;
};
const quote = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;

const copied = (text, button) => {
  const done = () => { const before = button.textContent; button.textContent = 'Copied'; $('said').textContent = 'Copied'; setTimeout(() => { button.textContent = before; }, 1400); };
  if (navigator.clipboard && isSecureContext) { navigator.clipboard.writeText(text).then(done, () => {}); return; }
  const area = el('textarea', { class: 'hide', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  if (document.execCommand('copy')) done();
  area.remove();
  button.focus();
};
const copyable = (text, label) => {
  const pre = el('pre', { tabindex: '0', role: 'group', 'aria-label': label }, text);
  return { pre, box: el('div', { class: 'copy' }, pre, el('button', { type: 'button', class: 'small', 'aria-label': `Copy: ${label}`, onclick: (event) => copied(pre.textContent, event.currentTarget) }, 'Copy')) };
};
const fold = (title, fill) => {
  const details = el('details', { class: 'fold' }, el('summary', {}, title));
  details.addEventListener('toggle', () => { if (details.open && details.childElementCount === 1) details.append(fill()); });
  return details;
};
const block = (text, label) => el('pre', { tabindex: '0', role: 'group', 'aria-label': label }, text);

// Authentication of callers: the typed token is kept for this tab.
const KEPT = 'naftiko-token';
const token = () => { try { return sessionStorage.getItem(KEPT) || ''; } catch { return ''; } };
const credentials = (auth, secret) => {
  if (!auth || !secret) return {};
  if (auth.kind === 'apikey') return auth.in === 'query' ? {} : { [auth.name]: secret };
  return { Authorization: auth.kind === 'basic' ? `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(secret)))}` : `Bearer ${secret}` };
};
const withKey = (address, auth, secret) => auth && secret && auth.kind === 'apikey' && auth.in === 'query' ? `${address}${address.includes('?') ? '&' : '?'}${encodeURIComponent(auth.name)}=${encodeURIComponent(secret)}` : address;
const tokenForm = $('token-form');
if (tokenForm) {
  const input = $('token');
  input.value = token();
  tokenForm.addEventListener('submit', (event) => {
    event.preventDefault();
    try { if (input.value) sessionStorage.setItem(KEPT, input.value); else sessionStorage.removeItem(KEPT); } catch { /* only for this page then */ }
    $('said').textContent = input.value ? 'Token kept for this tab' : 'Token removed';
    $('token-state').textContent = input.value ? 'Kept for this tab.' : 'None.';
  });
  $('token-state').textContent = token() ? 'Kept for this tab.' : 'None.';
}

// One field of a form. `read` gives the value as it was typed; nothing if it is empty.
const field = (name, schema, root, { required, where, says, secret, file, whole }) => {
  const id = fresh(), rule = rules(schema, root), kind = kindOf(schema, root), options = choices(plain(schema, root), root);
  const described = [says && `${id}-s`, rule && `${id}-r`].filter(Boolean).join(' ');
  const common = { id, 'aria-describedby': described || undefined, 'aria-required': required ? 'true' : undefined };
  const json = !file && !secret && (whole || kind === 'object' || kind === 'array' || kind === '');
  const start = plain(schema, root);
  let input;
  if (file) input = el('input', { ...common, type: 'file' });
  else if (secret) input = el('input', { ...common, type: 'password', autocomplete: 'off' });
  else if (options && options.length) input = el('select', common, required ? null : el('option', { value: '' }, '–'), options.map((one) => el('option', { value: typeof one === 'string' ? one : JSON.stringify(one) }, String(one))));
  else if (kind === 'boolean') input = el('select', common, el('option', { value: '' }, '–'), el('option', { value: 'true' }, 'true'), el('option', { value: 'false' }, 'false'));
  else if (json) {
    input = el('textarea', { ...common, rows: whole ? 8 : 3, spellcheck: 'false', placeholder: kind === 'array' ? '["…"]' : kind === 'object' ? '{…}' : undefined });
    if (whole || required) input.value = JSON.stringify(sample(schema, root), null, 2);
  } else {
    input = el('input', { ...common, type: 'text', inputmode: kind === 'integer' ? 'numeric' : kind === 'number' ? 'decimal' : undefined, autocomplete: 'off', spellcheck: 'false' });
    const example = start.examples ? start.examples[0] : start.example;
    if (example !== undefined && example !== null) input.placeholder = String(example);
  }
  const node = el('div', { class: 'field' },
    el('label', { for: id }, el('code', {}, name), ' ', el('span', { class: 'where' }, [where, required ? 'required' : 'optional'].filter(Boolean).join(', '))),
    says && el('p', { class: 'says', id: `${id}-s` }, says),
    rule && el('p', { class: 'rule', id: `${id}-r` }, rule),
    input);
  const read = () => file ? input.files[0] : input.value === '' ? undefined : input.value;
  // As JSON text: numbers keep the digits that were typed.
  const readJson = () => {
    const text = read();
    if (text === undefined) return undefined;
    if (kind === 'string' && !json) return JSON.stringify(text);
    if (options && options.length) return options.some((one) => one === text) ? JSON.stringify(text) : text;
    if (json && kind === '') { try { JSON.parse(text); return text; } catch { return JSON.stringify(text); } }
    return text;
  };
  return { name, node, read, readJson, kind, input };
};

// Shows an answer: its status, its headers, its duration, its content.
const answerBox = () => {
  const status = el('p', { class: 'status', role: 'status' });
  const rest = el('div');
  const box = el('div', { class: 'answer', hidden: true }, el('h3', { class: 'cap' }, 'Answer'), status, rest);
  const show = (good, words, small, ...children) => {
    box.hidden = false;
    status.className = `status ${good ? 'good' : 'bad'}`;
    status.replaceChildren(words, el('small', {}, small));
    rest.replaceChildren(...children.filter(Boolean));
  };
  return { box, show };
};
const bytes = (count) => count < 1024 ? `${count} B` : count < 1048576 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1048576).toFixed(1)} MiB`;
const LONGEST = 200000;
const shortened = (text) => text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… and ${text.length - LONGEST} characters more` : text;
const contentOf = async (response, name) => {
  const blob = await response.blob();
  if (!blob.size) return { size: 0, node: null };
  const type = response.headers.get('content-type') || '';
  if (/json|text|xml|yaml|csv|javascript|urlencoded/.test(type)) {
    const text = await blob.text();
    return { size: blob.size, node: block(shortened(/json/.test(type) ? pretty(text) : text), 'Content of the answer') };
  }
  const link = el('a', { download: name, href: URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' })) }, `Save ${bytes(blob.size)} (${type || 'no type'})`);
  return { size: blob.size, node: el('p', { class: 'more' }, link) };
};
const failed = (answer, error, started) => answer.show(false, 'No answer', `${Math.round(performance.now() - started)} ms`, el('p', { class: 'note' }, error instanceof TypeError ? 'The request could not be sent, or the browser does not let this page read the answer.' : String(error.message || error)));

// The operations.
const describeOperation = (method, path, operation) => {
  const root = data.openapi;
  const parameters = (operation.parameters || []).map((one) => resolve(one, root));
  const fields = parameters.map((one) => ({ parameter: one, ...field(one.name, one.schema || {}, root, { required: one.required, where: one.in, says: one.description }) }));
  const schemes = new Map();
  for (const way of operation.security || []) for (const name of Object.keys(way)) {
    const scheme = ((root.components || {}).securitySchemes || {})[name];
    if (scheme && !scheme['x-adapter'] && !schemes.has(name)) {
      const header = scheme.type === 'apiKey' ? scheme.name : 'Authorization';
      const required = operation.security.every((other) => name in other);
      schemes.set(name, { scheme, ...field(header, { type: 'string' }, root, { required, where: scheme.in === 'query' ? 'query' : 'header', says: scheme.description, secret: true }) });
    }
  }
  const content = Object.entries((operation.requestBody && operation.requestBody.content) || {});
  const kind = content.find(([type]) => type === 'multipart/form-data') || content.find(([type]) => type === 'application/json') || content[0];
  let bodyFields = [];
  if (kind) {
    const [type, { schema = {} }] = kind;
    const required = operation.requestBody.required;
    if (type === 'multipart/form-data') {
      const whole = resolve(schema, root);
      bodyFields = Object.entries(whole.properties || {}).map(([name, one]) => field(name, one, root, { required: (whole.required || []).includes(name), where: 'part', says: resolve(one, root).description, file: 'contentMediaType' in resolve(one, root) || resolve(one, root).format === 'binary' }));
    } else if (type === 'application/json') {
      bodyFields = [field('body', schema, root, { required, where: 'JSON', says: operation.requestBody.description, whole: true })];
      if (!required) bodyFields[0].input.value = '';
    } else if (type.startsWith('text/')) bodyFields = [field('body', { type: 'string' }, root, { required, where: type, says: operation.requestBody.description })];
    else bodyFields = [field('body', {}, root, { required, where: 'a file', says: operation.requestBody.description, file: true })];
  }

  const request = () => {
    let target = path;
    const query = [], headers = [];
    for (const { parameter, read } of fields) {
      const text = read();
      if (text === undefined) { if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, `{${parameter.name}}`); continue; }
      let values = text;
      if (kindOf(parameter.schema || {}, root) === 'array' || kindOf(parameter.schema || {}, root) === 'object') { try { values = JSON.parse(text); } catch { /* sent as it is */ } }
      const flat = (value) => value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value);
      if (parameter.in === 'path') {
        const whole = Array.isArray(values) ? values.map(flat).join(',') : flat(values);
        target = target.replace(`{${parameter.name}}`, () => parameter['x-segments'] ? whole.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(whole));
      } else if (parameter.in === 'query') {
        const push = (name, value) => query.push(`${encodeURIComponent(name)}=${encodeURIComponent(flat(value))}`);
        const separator = parameter.style === 'spaceDelimited' ? ' ' : parameter.style === 'pipeDelimited' ? '|' : parameter.explode === false ? ',' : null;
        if (Array.isArray(values)) {
          if (separator !== null) push(parameter.name, values.map(flat).join(separator));
          else values.forEach((value, index) => push(parameter.name.endsWith('[0]') ? `${parameter.name.slice(0, -3)}[${index}]` : parameter.name, value));
        } else if (values !== null && typeof values === 'object') for (const [member, value] of Object.entries(values)) push(parameter.style === 'deepObject' ? `${parameter.name}[${member}]` : member, value);
        else push(parameter.name, values);
      } else if (parameter.in === 'header') headers.push([parameter.name, Array.isArray(values) ? values.map(flat).join(', ') : flat(values)]);
      else headers.push(['Cookie', `${parameter.name}=${flat(values)}`]);
    }
    for (const { scheme, read } of schemes.values()) {
      const secret = read();
      if (secret === undefined) continue;
      if (scheme.in === 'query') query.push(`${encodeURIComponent(scheme.name)}=${encodeURIComponent(secret)}`);
      else headers.push([scheme.type === 'apiKey' ? scheme.name : 'Authorization', scheme.type === 'http' && !/\s/.test(secret) ? `${scheme.scheme[0].toUpperCase()}${scheme.scheme.slice(1)} ${secret}` : secret]);
    }
    let body, parts = null;
    if (kind && bodyFields.length) {
      const [type] = kind;
      if (type === 'multipart/form-data') {
        parts = bodyFields.map((one) => [one.name, one.read()]).filter(([, value]) => value !== undefined);
        body = new FormData();
        for (const [name, value] of parts) body.append(name, value);
      } else if ((body = bodyFields[0].read()) !== undefined) headers.push(['Content-Type', type === '*/*' ? body.type || 'application/octet-stream' : type]);
    }
    return { url: restBase() + target + (query.length ? `?${query.join('&')}` : ''), headers, body, parts };
  };
  const hidden = (name, value) => [...schemes.values()].some(({ scheme }) => (scheme.type === 'apiKey' ? scheme.name : 'Authorization') === name) ? '$TOKEN' : value;
  const curl = () => {
    const { url, headers, body, parts } = request();
    const words = ['curl'];
    if (method === 'head') words.push('--head'); else if (method !== 'get' && !(method === 'post' && body !== undefined)) words.push('-X', method.toUpperCase());
    words.push(quote(withKey(url, data.auth.rest, data.auth.rest && data.auth.rest.in === 'query' ? 'TOKEN' : '')));
    for (const [name, value] of headers) words.push('-H', hidden(name, value) === '$TOKEN' ? `"${name}: $TOKEN"` : quote(`${name}: ${value}`));
    for (const [name, value] of Object.entries(credentials(data.auth.rest, '$TOKEN'))) words.push('-H', data.auth.rest.kind === 'basic' ? '"Authorization: Basic $(printf %s "$TOKEN" | base64 -w0)"' : `"${name}: ${value}"`);
    if (parts) for (const [name, value] of parts) words.push('-F', quote(value instanceof File ? `${name}=@${value.name}` : `${name}=${value}`));
    else if (body instanceof File) words.push('--data-binary', quote(`@${body.name}`));
    else if (body !== undefined) words.push('--data-raw', quote(body));
    return words.join(' ').replace(/ (-H|-F|--data-raw|--data-binary) /g, ' \\\n  $1 ');
  };
  const line = copyable('', `curl line for ${method.toUpperCase()} ${path}`);
  const answer = answerBox();
  const careful = method === 'delete';
  const send = el('button', { type: 'submit', class: careful ? 'go care' : 'go' }, `Send ${method.toUpperCase()}`);
  const refresh = () => { line.pre.textContent = curl(); };
  const form = el('form', { novalidate: true, 'aria-label': `Try ${method.toUpperCase()} ${path}` },
    el('h3', { class: 'cap' }, 'Try it'),
    fields.map((one) => one.node), [...schemes.values()].map((one) => one.node), bodyFields.map((one) => one.node),
    fields.some(({ parameter }) => parameter.in === 'cookie') && el('p', { class: 'note' }, 'A page cannot send this cookie; the curl line does.'),
    el('div', { class: 'acts' }, send, !fields.length && !bodyFields.length && !schemes.size && el('span', { class: 'note' }, 'It takes no arguments.')));
  form.addEventListener('input', refresh);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const missing = fields.find(({ parameter, read }) => parameter.in === 'path' && read() === undefined);
    if (missing) { missing.input.setAttribute('aria-invalid', 'true'); missing.input.focus(); $('said').textContent = `${missing.name} is missing`; return; }
    for (const { input } of fields) input.removeAttribute('aria-invalid');
    const { url, headers, body } = request();
    send.disabled = true;
    const started = performance.now();
    try {
      const sent = headers.filter(([name]) => name !== 'Cookie');
      const all = { ...credentials(data.auth.rest, token()), ...Object.fromEntries(sent) };
      const response = await fetch(withKey(url, data.auth.rest, token()), { method: method.toUpperCase(), headers: all, body, credentials: 'same-origin', redirect: 'manual', cache: 'no-store' });
      const { size, node } = await contentOf(response, operation.operationId || 'answer');
      const took = Math.round(performance.now() - started);
      const told = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
      const words = `${response.status} ${response.statusText || ''}`.trim();
      answer.show(response.ok, words, `${took} ms · ${bytes(size)}`, fold('Headers', () => block(told, 'Headers of the answer')), node);
    } catch (error) { failed(answer, error, started); }
    send.disabled = false;
  });
  refresh();

  const codes = el('dl', { class: 'codes' });
  for (const [code, given] of Object.entries(operation.responses || {})) {
    const response = resolve(given, root);
    codes.append(el('dt', {}, code), el('dd', {}, response.description || ''));
  }
  const success = Object.entries(operation.responses || {}).find(([code]) => code.startsWith('2'));
  const given = success && Object.values(resolve(success[1], root).content || {}).map((one) => one.schema).find(Boolean);
  const body = kind && kind[1].schema;
  const says = operation.description && operation.description !== operation.summary && el('p', { class: 'text wide' }, operation.description);
  return el('div', { class: 'open' }, says, form,
    el('div', {}, answer.box, el('h3', { class: 'cap' }, 'With curl'), line.box,
      body && fold('Schema of the body', () => block(outline(body, root), 'Schema of the body')),
      given && fold('Schema of the answer', () => block(outline(given, root), 'Schema of the answer')),
      fold('Statuses', () => codes)));
};

// MCP tools.
const describeTool = (tool) => {
  const root = tool.inputSchema || {};
  const required = root.required || [];
  const fields = Object.entries(root.properties || {}).map(([name, schema]) => field(name, schema, root, { required: required.includes(name), says: resolve(schema, root).description }));
  const parameters = () => `{${fields.map((one) => [one.name, one.readJson()]).filter(([, value]) => value !== undefined).map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
  const message = () => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${JSON.stringify(tool.name)},"arguments":${parameters()}}}`;
  const address = mcpAddress();
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2025-06-18' };
  const curl = () => ['curl', quote(address || ''), ...Object.entries(headers).flatMap(([name, value]) => ['\\\n  -H', quote(`${name}: ${value}`)]), ...Object.entries(credentials(data.auth.mcp, '$TOKEN')).flatMap(([name, value]) => ['\\\n  -H', `"${name}: ${value}"`]), '\\\n  --data-raw', quote(message())].join(' ');
  const answer = answerBox();
  const hints = tool.annotations || {};
  const call = el('button', { type: 'submit', class: hints.destructiveHint ? 'go care' : 'go' }, 'Call tool');
  const line = copyable('', `curl line for the tool ${tool.name}`);
  const form = el('form', { novalidate: true, 'aria-label': `Call ${tool.name}` },
    el('h3', { class: 'cap' }, 'Call it'), fields.map((one) => one.node),
    address ? el('div', { class: 'acts' }, call, !fields.length && el('span', { class: 'note' }, 'It takes no arguments.')) : el('p', { class: 'note' }, 'This page cannot call the tool: its adapter listens at another address.'));
  const refresh = () => { line.pre.textContent = curl(); };
  form.addEventListener('input', refresh);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!address) return;
    call.disabled = true;
    const started = performance.now();
    try {
      const response = await fetch(address, { method: 'POST', headers: { ...headers, ...credentials(data.auth.mcp, token()) }, body: message(), credentials: 'same-origin', cache: 'no-store' });
      const text = await response.text();
      const took = `${Math.round(performance.now() - started)} ms`;
      let answered;
      try { answered = JSON.parse(text); } catch { answered = null; }
      const result = answered && answered.result;
      if (!result) { answer.show(false, answered && answered.error ? `Refused: ${answered.error.message}` : `${response.status} ${response.statusText}`, took, block(shortened(pretty(text)), 'Answer')); return; }
      const words = result.isError ? 'The tool reports an error' : 'The tool answered';
      const texts = (result.content || []).map((part) => part.type === 'text' ? pretty(part.text) : `[${part.type}]`).join('\n');
      answer.show(!result.isError, words, took, block(shortened(texts || pretty(text)), 'Result of the tool'), fold('The whole message', () => block(shortened(pretty(text)), 'JSON-RPC message')));
    } catch (error) { failed(answer, error, started); } finally { call.disabled = false; }
  });
  refresh();
  return el('div', { class: 'open' },
    tool.description && el('p', { class: 'text wide' }, tool.description), form,
    el('div', {}, answer.box, address && el('h3', { class: 'cap' }, 'With curl'), address && line.box,
      fold('Schema of the arguments', () => block(JSON.stringify(tool.inputSchema, null, 2), 'Schema of the arguments')),
      tool.outputSchema && fold('Schema of the result', () => block(JSON.stringify(tool.outputSchema, null, 2), 'Schema of the result'))));
};

// Rows are filled when they are opened.
const fill = (row) => {
  if (row.childElementCount > 1) return;
  const index = Number(row.dataset.index);
  if (row.classList.contains('tool')) { row.append(describeTool(data.tools[index])); return; }
  const [method, path] = data.order[index];
  row.append(describeOperation(method, path, data.openapi.paths[path][method]));
};
const rows = [...document.querySelectorAll('.row[data-index]')];
for (const row of rows) row.addEventListener('toggle', () => { if (row.open) fill(row); });
const toAnchor = () => {
  const row = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (row && row.classList.contains('row')) row.open = true;
};
addEventListener('hashchange', toAnchor);
toAnchor();

// Search.
const texts = rows.map((row) => row.firstElementChild.textContent.toLowerCase());
const search = $('search');
const filter = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, index) => { const fits = words.every((word) => texts[index].includes(word)); row.hidden = !fits; shown += fits ? 1 : 0; });
  for (const none of document.querySelectorAll('.rows .none')) none.hidden = !!none.parentElement.querySelector('.row:not([hidden])');
  $('said').textContent = words.length ? `${shown} of ${rows.length} fit` : '';
};
if (search) {
  search.addEventListener('input', filter);
  addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
    if (event.key === 'Escape' && document.activeElement === search) { search.value = ''; filter(); }
  });
  if (search.value) filter();
}

// The document, loaded when it is opened.
for (const details of document.querySelectorAll('details[data-file]')) {
  details.addEventListener('toggle', async () => {
    const pre = details.querySelector('pre');
    if (!details.open || pre.dataset.read) return;
    pre.dataset.read = 'yes';
    try {
      const response = await fetch(beside(details.dataset.file));
      pre.textContent = response.ok ? await response.text() : `${response.status} ${response.statusText}`;
    } catch { pre.textContent = 'It could not be read.'; }
  });
}
for (const link of document.querySelectorAll('a[data-beside]')) link.href = beside(link.dataset.beside);

// Connect.
const clients = $('clients');
const mcp = mcpAddress();
if (clients && mcp) {
  const name = data.mcp.name, header = Object.entries(credentials(data.auth.mcp, '$TOKEN'))[0];
  const told = header ? `${header[0]}: ${header[1].replace('$TOKEN', 'TOKEN')}` : null;
  const headers = told ? { headers: { [header[0]]: header[1].replace('$TOKEN', 'TOKEN') } } : {};
  const json = (value) => JSON.stringify(value, null, 2).replace(/\[\n\s+([^[\]]+?)\n\s+\]/g, (_, list) => `[${list.replace(/\n\s+/g, ' ')}]`);
  const ways = [
    ['Claude Code', 'in a shell', `claude mcp add --transport http ${quote(name)} ${quote(mcp)}${header ? ` --header "${header[0]}: ${header[1]}"` : ''}`],
    ['Claude Desktop', 'claude_desktop_config.json', json({ mcpServers: { [name]: { command: 'npx', args: ['-y', 'mcp-remote', mcp, ...(told ? ['--header', told] : [])] } } })],
    ['Cursor', '.cursor/mcp.json', json({ mcpServers: { [name]: { url: mcp, ...headers } } })],
    ['VS Code', '.vscode/mcp.json', json({ servers: { [name]: { type: 'http', url: mcp, ...headers } } })],
    ['Codex', '~/.codex/config.toml', `[mcp_servers.${JSON.stringify(name)}]\nurl = ${JSON.stringify(mcp)}${header ? `\nbearer_token_env_var = "TOKEN"` : ''}`],
    ['MCP Inspector', 'in a shell', `npx @modelcontextprotocol/inspector --transport http --server-url ${quote(mcp)}`],
  ];
  for (const [who, where, text] of ways) clients.append(el('div', {}, el('h3', {}, who, ' ', el('small', {}, where)), copyable(text, `Configuration of ${who}`).box));
}

// Light and dark.
const theme = $('theme');
const dark = () => (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
const showTheme = () => { theme.textContent = dark() ? 'Light' : 'Dark'; theme.setAttribute('aria-label', dark() ? 'Use light colours' : 'Use dark colours'); };
if (theme) {
  try { const kept = localStorage.getItem('naftiko-theme'); if (kept) document.documentElement.dataset.theme = kept; } catch { /* as the system says */ }
  theme.hidden = false;
  theme.addEventListener('click', () => {
    document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('naftiko-theme', document.documentElement.dataset.theme); } catch { /* for now */ }
    showTheme();
  });
  showTheme();
}
document.documentElement.dataset.ready = 'yes';
})();
