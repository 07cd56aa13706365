// What you can do: a form for each operation, and for the requests that are forwarded.

const isOfCallers = (name, where) => {
  const auth = data.auth.rest;
  if (!auth) return false;
  const [own, place] = auth.kind === 'apikey' ? [auth.name, auth.in] : ['Authorization', 'header'];
  return name.toLowerCase() === own.toLowerCase() && (where === 'query') === (place === 'query');
};
const describeOperation = (method, path, operation) => {
  const root = data.openapi;
  const parameters = (operation.parameters || []).map((one) => resolve(one, root));
  const fields = parameters.map((one) => ({ parameter: one, ...field(one.name, one.schema || {}, root, { required: one.required, where: one.in, says: one.description }) }));
  // The credentials of consumed APIs that callers send; the token at the top is for the adapter.
  const schemes = new Map();
  for (const way of operation.security || []) for (const name of Object.keys(way)) {
    const scheme = ((root.components || {}).securitySchemes || {})[name];
    const header = scheme && (scheme.type === 'apiKey' ? scheme.name : 'Authorization');
    // The name of the adapter's own key may be a variable, which the page does not know.
    if (scheme && !header.includes('{{') && !isOfCallers(header, scheme.in) && !schemes.has(name)) {
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
      const whole = resolve(schema, root), needed = new Set(whole.required);
      bodyFields = Object.entries(whole.properties || {}).map(([name, one]) => field(name, one, root, { required: needed.has(name), where: 'part', says: resolve(one, root).description, file: 'contentMediaType' in resolve(one, root) || resolve(one, root).format === 'binary' }));
    } else if (type === 'application/json') {
      bodyFields = [field('body', schema, root, { required, where: 'JSON', says: operation.requestBody.description, whole: true })];
      if (!required) bodyFields[0].input.value = '';
    } else if (type.startsWith('text/')) bodyFields = [field('body', { type: 'string' }, root, { required, where: type, says: operation.requestBody.description })];
    else bodyFields = [field('body', {}, root, { required, where: 'a file', says: operation.requestBody.description, file: true })];
  }

  const request = () => {
    let target = path;
    const query = [], headers = [], keys = [];
    for (const { parameter, read } of fields) {
      const text = read();
      if (text === undefined) continue;
      let values = text;
      if (kindOf(parameter.schema || {}, root) === 'array' || kindOf(parameter.schema || {}, root) === 'object') { try { values = JSON.parse(text); } catch { /* The text is sent unchanged. */ } }
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
      if (scheme.in === 'query') keys.push([scheme.name, secret]);
      else {
        const name = scheme.type === 'apiKey' ? scheme.name : 'Authorization';
        const before = scheme.type === 'http' && !/\s/.test(secret) ? `${scheme.scheme[0].toUpperCase()}${scheme.scheme.slice(1)} ` : '';
        headers.push([name, before + secret, withToken(`${name}: ${before}`)]);
      }
    }
    let body, parts = null;
    if (kind && bodyFields.length) {
      const [type] = kind;
      if (type === 'multipart/form-data') {
        parts = bodyFields.map((one) => [one.name, one.read()]).filter(([, value]) => value !== undefined);
        // A file that is streamed must be the last part.
        parts.sort(([, one], [, other]) => (one instanceof File) - (other instanceof File));
        body = new FormData();
        for (const [name, value] of parts) body.append(name, value);
      } else if ((body = bodyFields[0].read()) !== undefined) headers.push(['Content-Type', type === '*/*' ? body.type || 'application/octet-stream' : type]);
    }
    return { url: restBase() + target + (query.length ? `?${query.join('&')}` : ''), keys, headers, body, parts };
  };
  // curl reads the name of a file with these characters only in quotes.
  const fileName = (name) => /[;,"\\]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name;
  const curl = () => {
    const { url, keys, headers, body, parts } = request();
    const words = ['curl'], auth = data.auth.rest;
    // Without data or parts, curl sends GET.
    const sends = parts ? parts.length > 0 : body !== undefined;
    if (method === 'head') words.push('--head'); else if (method !== 'get' && !(method === 'post' && sends)) words.push('-X', method.toUpperCase());
    const inQuery = [...keys.map(([name]) => name), ...(auth && auth.kind === 'apikey' && auth.in === 'query' ? [auth.name] : [])];
    words.push(quote(url) + shellKeys(url, inQuery));
    const lines = [words.join(' '), ...headers.map(([name, value, shell]) => `-H ${shell || quote(`${name}: ${value}`)}`)];
    const header = shellHeader(auth);
    if (header) lines.push(`-H ${header}`);
    // With -F, curl would read a file for a text that starts with `@` or `<`.
    if (parts) for (const [name, value] of parts) lines.push(value instanceof File ? `-F ${quote(`${name}=@${fileName(value.name)}`)}` : `--form-string ${quote(`${name}=${value}`)}`);
    else if (body instanceof File) lines.push(`--data-binary ${quote(`@${body.name}`)}`);
    else if (body !== undefined) lines.push(`--data-raw ${quote(body)}`);
    return lines.join(' \\\n  ');
  };
  const line = copyable('', `curl line for ${method.toUpperCase()} ${path}`);
  const answer = answerBox();
  const careful = method === 'delete';
  const buttons = sendButtons(`Send ${method.toUpperCase()}`, careful);
  const refresh = () => { line.pre.textContent = curl(); };
  const form = el('form', { novalidate: true, 'aria-label': `Try ${method.toUpperCase()} ${path}` },
    el('h3', { class: 'cap' }, 'Try it'),
    fields.map((one) => one.node), [...schemes.values()].map((one) => one.node), bodyFields.map((one) => one.node),
    fields.some(({ parameter }) => parameter.in === 'cookie') && el('p', { class: 'note' }, 'A page cannot send this cookie; the curl line does.'),
    el('div', { class: 'acts' }, buttons.nodes, !fields.length && !bodyFields.length && !schemes.size && el('span', { class: 'note' }, 'It takes no arguments.')));
  form.addEventListener('input', refresh);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const missing = fields.find(({ parameter, read }) => parameter.in === 'path' && read() === undefined);
    if (missing) { missing.input.setAttribute('aria-invalid', 'true'); missing.input.focus(); $('said').textContent = `${missing.name} is missing`; return; }
    for (const { input } of fields) input.removeAttribute('aria-invalid');
    const { url, keys, headers, body } = request();
    const address = keys.reduce((before, [name, secret]) => withKey(before, { kind: 'apikey', in: 'query', name }, secret), url);
    const signal = buttons.start();
    const started = performance.now();
    try {
      const sent = headers.filter(([name]) => name !== 'Cookie');
      const all = { ...credentials(data.auth.rest, token()), ...Object.fromEntries(sent) };
      const response = await fetch(withKey(address, data.auth.rest, token()), { method: method.toUpperCase(), headers: all, body, credentials: 'same-origin', redirect: 'manual', cache: 'no-store', signal });
      const { size, node } = await contentOf(response, operation.operationId || 'answer', await arrived(response, signal, buttons.received));
      const took = Math.round(performance.now() - started);
      const received = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
      const words = response.type === 'opaqueredirect' ? 'A redirect, which this page does not follow' : `${response.status} ${response.statusText || ''}`.trim();
      answer.show(response.ok, words, `${took} ms · ${bytes(size)}${signal.aborted ? ' · stopped' : ''}`, fold('Headers', () => block(received, 'Headers of the answer')), node);
    } catch (error) { failed(answer, error, started); }
    buttons.end();
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

// Forwarded requests may have several methods: the form is for the chosen one.
const describeForward = (path) => {
  const { parameters, ...operations } = data.openapi.paths[path] || {};
  const id = fresh();
  const methods = Object.keys(operations).sort((one, other) => (other === 'get') - (one === 'get'));
  const choice = el('select', { id }, methods.map((method) => el('option', { value: method }, method.toUpperCase())));
  const chosen = el('div');
  const show = () => chosen.replaceChildren(describeOperation(choice.value, path, { ...operations[choice.value], parameters }));
  choice.addEventListener('change', show);
  if (methods.length) show();
  return el('div', {}, el('div', { class: 'choice' }, el('label', { for: id }, 'Method'), choice), chosen);
};
