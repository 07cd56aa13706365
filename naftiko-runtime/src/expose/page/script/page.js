// The rows, the search, the document, light and dark.

// Rows are filled when they are opened.
const contentOfRow = (row) => {
  if (row.dataset.forward) return describeForward(row.dataset.forward);
  const index = Number(row.dataset.index);
  for (const [kind, describe, all] of [['tool', describeTool, data.tools], ['resource', describeResource, data.resources], ['prompt', describePrompt, data.prompts]]) {
    if (row.classList.contains(kind)) return describe(all[index]);
  }
  const [method, path] = data.order[index];
  return describeOperation(method, path, data.openapi.paths[path][method]);
};
const fill = (row) => {
  if (row.childElementCount > 1) return;
  try { row.append(contentOfRow(row)); } catch { row.append(el('p', { class: 'none' }, 'This form cannot be shown.')); }
};
const rows = [...document.querySelectorAll('.row[data-index], .row[data-forward]')];
for (const row of rows) row.addEventListener('toggle', () => { if (row.open) fill(row); });
const toAnchor = () => {
  const row = location.hash.length > 1 && document.getElementById(percentDecoded(location.hash.slice(1)));
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
  $('said').textContent = words.length ? `${shown} of ${rows.length} match` : '';
};
if (search) {
  search.addEventListener('input', filter);
  addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
    if (event.key === 'Escape' && document.activeElement === search) { search.value = ''; filter(); }
  });
  if (search.value) filter();
}

// The document is fetched when it is opened.
for (const details of document.querySelectorAll('details[data-file]')) {
  details.addEventListener('toggle', async () => {
    const pre = details.querySelector('pre');
    if (!details.open || pre.dataset.read) return;
    pre.dataset.read = 'yes';
    try {
      const response = await fetch(beside(details.dataset.file));
      pre.textContent = response.ok ? await response.text() : `${response.status} ${response.statusText}`;
    } catch { pre.textContent = 'The file could not be loaded.'; }
  });
}
for (const link of document.querySelectorAll('a[data-beside]')) link.href = beside(link.dataset.beside);

// Light and dark.
const theme = $('theme');
const dark = () => (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
const showTheme = () => { theme.textContent = dark() ? 'Light' : 'Dark'; theme.setAttribute('aria-label', dark() ? 'Use light colours' : 'Use dark colours'); };
if (theme) {
  try { const kept = localStorage.getItem('naftiko-theme'); if (kept) document.documentElement.dataset.theme = kept; } catch { /* The page uses the colours of the system. */ }
  theme.hidden = false;
  theme.addEventListener('click', () => {
    document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('naftiko-theme', document.documentElement.dataset.theme); } catch { /* The choice is kept until the page is left. */ }
    showTheme();
  });
  showTheme();
}
document.documentElement.dataset.ready = 'yes';
