// What callers type: their token, the fields of forms; the answers that they get.

// The token with which callers authenticate. It is kept for this tab, or until the page is reloaded if the browser forbids storage.
const KEPT = 'naftiko-token';
let typed;
const token = () => { if (typed !== undefined) return typed; try { return sessionStorage.getItem(KEPT) || ''; } catch { return ''; } };
// Stores the token, or removes the stored token if `secret` is empty; returns for how long the token is kept.
const keep = (secret) => {
  typed = secret;
  try { if (secret) sessionStorage.setItem(KEPT, secret); else sessionStorage.removeItem(KEPT); return 'for this tab'; } catch { return 'until this page is reloaded: the browser forbids storage'; }
};
const credentials = (auth, secret) => {
  if (!auth || !secret) return {};
  if (auth.kind === 'apikey') return auth.in === 'query' ? {} : { [auth.name]: secret };
  return { Authorization: auth.kind === 'basic' ? `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(secret)))}` : `Bearer ${secret}` };
};
// Returns the header of `credentials` as a word for a shell, where TOKEN is a variable.
const shellHeader = (auth) => {
  if (auth && auth.kind === 'basic') return '"Authorization: Basic $(printf %s "$TOKEN" | base64 -w0)"';
  const [name] = Object.keys(credentials(auth, 'TOKEN'));
  return name && withToken(auth.kind === 'apikey' ? `${name}: ` : `${name}: Bearer `);
};
const withKey = (address, auth, secret) => auth && secret && auth.kind === 'apikey' && auth.in === 'query' ? `${address}${address.includes('?') ? '&' : '?'}${encodeURIComponent(auth.name)}=${encodeURIComponent(secret)}` : address;
// Returns the address of `withKey` for a shell, where TOKEN is a variable.
const shellAddress = (address, auth) => quote(address) + (auth && auth.kind === 'apikey' && auth.in === 'query' ? shellKeys(address, [auth.name]) : '');
// Returns query parameters with these names, for a shell: the value of each is the variable TOKEN.
const shellKeys = (address, names) => names.map((name, index) => withToken(`${index || address.includes('?') ? '&' : '?'}${encodeURIComponent(name)}=`)).join('');
const tokenForm = $('token-form');
if (tokenForm) {
  const input = $('token');
  input.value = token();
  tokenForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const kept = keep(input.value);
    $('said').textContent = input.value ? `Token kept ${kept}` : 'Token removed';
    $('token-state').textContent = input.value ? `Kept ${kept}.` : 'None.';
  });
  $('token-state').textContent = token() ? 'Kept for this tab.' : 'None.';
}

// One field of a form. `read` returns the value as it was typed, or `undefined` if it is empty.
const field = (name, schema, root, { required, where, says, secret, file, whole }) => {
  const id = fresh(), rule = rules(schema, root), kind = kindOf(schema, root), options = choices(plain(schema, root), root);
  const described = [says && `${id}-s`, rule && `${id}-r`].filter(Boolean).join(' ');
  const common = { id, 'aria-describedby': described || undefined, 'aria-required': required ? 'true' : undefined };
  const json = !file && !secret && (whole || kind === 'object' || kind === 'array' || kind === '');
  const start = plain(schema, root);
  let input;
  if (file) input = el('input', { ...common, type: 'file' });
  else if (secret) input = el('input', { ...common, type: 'password', autocomplete: 'off' });
  else if (options && options.length) input = el('select', common, required ? null : el('option', { value: '' }, '–'), options.map((one) => typeof one === 'string' ? one : JSON.stringify(one)).map((text) => el('option', { value: text }, text)));
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
  // Returns the value as JSON text: numbers keep the digits that were typed.
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

// A box for an answer. `show` fills it: `words` is the status, and `small` a note beside the status.
const answerBox = () => {
  const status = el('p', { class: 'status' });
  const rest = el('div');
  const box = el('div', { class: 'answer', hidden: true }, el('h3', { class: 'cap' }, 'Answer'), status, rest);
  const show = (good, words, small, ...children) => {
    box.hidden = false;
    status.className = `status ${good ? 'good' : 'bad'}`;
    status.replaceChildren(words, el('small', {}, small));
    // Screen readers announce only changes of elements that were visible to them before.
    $('said').textContent = `${words} ${small}`;
    rest.replaceChildren(...children.filter(Boolean));
  };
  return { box, show };
};
/* The buttons that send and stop a request. `start` disables the first button, shows the second one, and returns the signal that stops
   the request; `end` enables the first button again, with the focus, which a disabled or hidden button loses; `received` shows how much
   of the answer has arrived. */
const sendButtons = (verb, care) => {
  const send = el('button', { type: 'submit', class: care ? 'go care' : 'go' }, verb);
  const stop = el('button', { type: 'button', hidden: true }, 'Stop');
  let stopping, focused;
  stop.addEventListener('click', () => stopping.abort());
  const start = () => {
    stopping = new AbortController();
    focused = document.activeElement === send;
    send.disabled = true;
    stop.textContent = 'Stop';
    stop.hidden = false;
    return stopping.signal;
  };
  const end = () => {
    focused ||= document.activeElement === stop;
    stop.hidden = true;
    send.disabled = false;
    if (focused && [document.body, stop].includes(document.activeElement)) send.focus();
  };
  return { nodes: [send, stop], start, end, received: (size) => { stop.textContent = `Stop (${bytes(size)} received)`; } };
};
// Reads the body of an answer. After a stop, returns the part that has arrived.
const arrived = async (response, signal, received) => {
  const pieces = [], reader = response.body && response.body.getReader();
  let size = 0;
  try {
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      received(size += value.length);
    }
  } catch (error) { if (!size || !signal.aborted) throw error; }
  return new Blob(pieces);
};
const bytes = (count) => count < 1024 ? `${count} B` : count < 1048576 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1048576).toFixed(1)} MiB`;
const contentOf = async (response, name, blob) => {
  if (!blob.size) return { size: 0, node: null };
  const type = response.headers.get('content-type') || '';
  // A type that contains `xml` is not always text: the types of office documents are not.
  if (/^text\/|[/+-](?:json|ndjson|xml|yaml|csv|javascript|urlencoded)/i.test(type)) {
    const text = await blob.text();
    return { size: blob.size, node: block(/json/i.test(type) ? pretty(text) : shortened(text), 'Content of the answer') };
  }
  const link = el('a', { download: name, href: URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' })) }, `Save ${bytes(blob.size)} (${type || 'no type'})`);
  return { size: blob.size, node: el('p', { class: 'more' }, link) };
};
const failed = (answer, error, started) => answer.show(false, 'No answer', `${Math.round(performance.now() - started)} ms`, el('p', { class: 'note' }, error.name === 'AbortError' ? 'The request was stopped; it may have had an effect.' : error instanceof TypeError ? 'The request could not be sent, or this page may not read its answer.' : String(error.message || error)));
