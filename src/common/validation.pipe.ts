import { Injectable, ValidationError, ValidationPipe } from '@nestjs/common';
import { FieldError, InvalidInputError } from './errors.js';

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
}

function fieldError({ property, constraints = {} }: ValidationError): FieldError {
  const messages = Object.entries(constraints).map(([rule, message]) =>
    rule === 'whitelistValidation' ? `${property} is not a known field` : message,
  );
  return { field: property, messages: [...new Set(messages)] };
}
