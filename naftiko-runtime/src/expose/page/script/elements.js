// Elements, addresses, texts to copy.

const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);

// Builds an element. Strings become text, never markup.
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

// Decodes percent-encoding. Text with an invalid `%` stays as it is.
const percentDecoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };

// Addresses. The page may be anywhere, so the addresses of the files beside it are relative to it, without its query.
const beside = (path) => new URL(`./${document.documentElement.dataset.beside}${path}`, location.href).href;
const mounted = (path) => path.includes('/') ? new URL(path, location.href).href : beside(path);
const restBase = () => mounted(data.rest || '').replace(/\/$/, '');
const mcpAddress = () => data.mcp && data.mcp.path !== null ? mounted(data.mcp.path) : null;

const quote = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
// Returns a word for a shell: a text, followed by the value of the variable TOKEN.
const withToken = (text) => /^[\w@%+=:,./?& -]*$/.test(text) ? `"${text}$TOKEN"` : `${quote(text)}"$TOKEN"`;

const copied = (text, button) => {
  // The accessible name of a button contains its text.
  const name = (from, to) => { button.textContent = to; button.setAttribute('aria-label', button.getAttribute('aria-label').replace(`${from}:`, `${to}:`)); };
  const done = () => { name('Copy', 'Copied'); $('said').textContent = 'Copied'; setTimeout(() => name('Copied', 'Copy'), 1400); };
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
