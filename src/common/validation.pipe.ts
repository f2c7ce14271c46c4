import { ArgumentMetadata, Injectable, ValidationError, ValidationPipe } from '@nestjs/common';
import { FieldError, InvalidInputError } from './errors.js';

/** No body and no query of this API has as many; to refuse each unknown one takes time. */
const MAX_FIELDS = 100;

/** Refuses unknown and faulty fields, all of them in one answer. */
@Injectable()
export class InputPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      exceptionFactory: (errors) => new InvalidInputError(errors.map(fieldError)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const faults = unseenFaults(value, metadata.type);
    if (faults.length > 0) throw new InvalidInputError(faults);
    return super.transform(value, metadata) as Promise<unknown>;
  }
}

/** What the validator does not see, sees too late, or gives a misleading reason for. */
function unseenFaults(value: unknown, type: ArgumentMetadata['type']): FieldError[] {
  if (type !== 'body' && type !== 'query') return [];
  const fields = Object.entries(value ?? {});
  if (fields.length > MAX_FIELDS) {
    return [
      { field: type, messages: [`the ${type} must not have more than ${MAX_FIELDS} fields`] },
    ];
  }
  return fields.flatMap(([field, item]) => {
    if (isBuiltIn(field)) return [unknownField(field)];
    const isRepeated = type === 'query' && Array.isArray(item);
    return isRepeated ? [{ field, messages: [`${field} must not be given more than once`] }] : [];
  });
}

/** Names that every object has: they would be dropped in silence. */
function isBuiltIn(field: string): boolean {
  return field in Object.prototype || field === 'prototype';
}

function unknownField(field: string): FieldError {
  return { field, messages: [`${field} is not a known field`] };
}

function fieldError({ property, constraints = {} }: ValidationError): FieldError {
  if ('whitelistValidation' in constraints) return unknownField(property);
  return { field: property, messages: [...new Set(Object.values(constraints))] };
}
