import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf, type Schema } from './document.js';

interface Media {
  schema?: Schema;
  example?: unknown;
}

/** Gives every body an example, put together from those of its fields. */
export function addExamples(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  for (const { requestBody, responses } of operationsOf(document)) {
    const holders = [requestBody, ...Object.values(responses)];
    for (const holder of holders) {
      const content = holder && 'content' in holder ? (holder.content ?? {}) : {};
      for (const media of Object.values(content) as Media[]) {
        media.example ??= exampleOf(media.schema ?? {}, schemas);
      }
    }
  }
}

export function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return exampleOf(schemas[schema.$ref.split('/').at(-1)!], schemas);
  const [first] = schema.allOf ?? schema.anyOf ?? schema.oneOf ?? [];
  if (first) return exampleOf(first, schemas);
  if (schema.items) return [exampleOf(schema.items, schemas)];
  if (!schema.properties) return isNullable(schema) ? null : schema.enum?.[0];
  // A field that is sometimes there shows only where it says how it looks.
  const shown = Object.entries(schema.properties).filter(
    ([name, field]) => schema.required?.includes(name) || field.example !== undefined,
  );
  const fields = shown.map(([name, field]) => [name, exampleOf(field, schemas)] as const);
  return Object.fromEntries(fields.filter(([, example]) => example !== undefined));
}

function isNullable({ type }: Schema): boolean {
  return Array.isArray(type) && type.includes('null');
}
