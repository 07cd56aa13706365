// Validates OpenAPI descriptions: `node validate.mjs MODULES FILE…`.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const { Validator } = await import(pathToFileURL(require.resolve('@seriousme/openapi-schema-validator')));
for (const file of files) {
  const { valid, errors } = await new Validator().validate(file);
  if (!valid) {
    console.error(`${file} is not valid:`, JSON.stringify(errors, null, 2));
    process.exitCode = 1;
  }
}
