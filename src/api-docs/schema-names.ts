import type { OpenAPIObject } from '@nestjs/swagger';
import type { Schema } from './document.js';

export const SCHEMAS = '#/components/schemas/';

/** What a schema is called where its class, less `Dto`, would not say it. */
const NAMES: Record<string, string> = {
  ChatDeletedDto: 'ChatDeletedEvent',
  ChatUpdatedDto: 'ChatUpdatedEvent',
  MemberChangedDto: 'MemberChangedEvent',
  MessageChangedDto: 'MessageChangedEvent',
  ReactionChangedDto: 'ReactionChangedEvent',
  ReadChangedDto: 'ReadChangedEvent',
  ReadDto: 'ReadMarker',
  ReadyDto: 'ReadyEvent',
  ResetDto: 'ResetEvent',
  SyncDto: 'SyncRequest',
  SyncedDto: 'SyncAnswer',
  TypeDto: 'TypingNotice',
  TypingDto: 'TypingEvent',
  UserListDto: 'ProfileList',
  UserUpdatedDto: 'UserUpdatedEvent',
};

/** The name of a class's schema in the documents. */
export function schemaName(className: string): string {
  return NAMES[className] ?? className.replace(/Dto$/, '');
}

/** Names the schemas for what they are; those who read them do not know what a DTO is. */
export function nameSchemas({ components, paths }: OpenAPIObject): void {
  const schemas = Object.entries((components!.schemas ?? {}) as Record<string, Schema>);
  const named = Object.fromEntries(schemas.map(([name, it]) => [schemaName(name), it]));
  if (Object.keys(named).length < schemas.length) throw new Error('Two schemas of one name');
  components!.schemas = named;
  nameReferences(named);
  nameReferences(paths);
}

function nameReferences(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const { $ref } = value as Schema;
  if (typeof $ref === 'string' && $ref.startsWith(SCHEMAS)) {
    (value as Schema).$ref = SCHEMAS + schemaName($ref.slice(SCHEMAS.length));
  }
  for (const part of Object.values(value)) nameReferences(part);
}
