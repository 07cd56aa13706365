// Checks the page of each example in a browser: opens and searches it, tries an operation, calls a tool, reads a resource, renders a
// prompt; in light and dark, narrow, printed, by keyboard; what it offers to copy. Also: callers with a token, an index, forwarded
// requests, 500 operations, hostile texts; the script alone.
// `node check.mjs MODULES PROGRAMS PICTURES CHROMIUM`, with the names of examples or functions to
// run only these.
import { browser, only } from './browser.mjs';
import { callers, forwarded, hostileTexts, manyOperations } from './documents.mjs';
import { EXAMPLES, example } from './examples.mjs';
import { script } from './script.mjs';

try {
  const wanted = (name) => !only.length || only.includes(name);
  for (const one of EXAMPLES) if (wanted(one.name)) await example(one);
  for (const part of [script, callers, forwarded, manyOperations, hostileTexts]) if (wanted(part.name)) await part();
} finally {
  await browser.close();
}
