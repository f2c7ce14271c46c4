import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';

type Schema = Record<string, unknown>;

export const eventsDocument = JSON.parse(readFileSync('docs/asyncapi.json', 'utf8'));

const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(closed(eventsDocument), 'events');

/** What is wrong with a payload, compared with the document: nothing, or every fault. */
export function faultsOf(name: string, payload: unknown): string[] {
  const validate = ajv.getSchema(`events#/components/messages/${name}/payload`);
  if (!validate) return [`there is no event ${name}`];
  if (validate(payload)) return [];
  return validate.errors!.map(({ instancePath, message }) => `${name}${instancePath} ${message}`);
}

/** The document, where no object may have a field that it does not name. */
function closed(document: { components: { schemas: Record<string, Schema> } }): object {
  const copy = structuredClone(document);
  for (const schema of Object.values(copy.components.schemas)) schema.additionalProperties = false;
  return copy;
}
