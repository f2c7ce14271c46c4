import { applyDecorators, Injectable, PipeTransform } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import {
  isEmail,
  IsInt,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidationArguments,
} from 'class-validator';
import { InvalidInputError } from './errors.js';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ID_FAULT = 'must be an id as this API gives them (a lower-case UUID)';

interface TextRules {
  /** Length in Unicode code points. */
  min: number;
  max: number;
  /** Control characters that may stand in the text. */
  controls: 'all' | 'line breaks' | 'none';
  /** Whether white space alone will do. */
  blank: boolean;
}

const FORBIDDEN_CONTROLS = {
  all: /(?!)/,
  // eslint-disable-next-line no-control-regex
  'line breaks': /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/,
  none: /\p{Cc}/u,
};

/** Text of so many code points of well-formed Unicode, compared and kept as it came. */
export function IsText(rules: TextRules): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ minLength: rules.min, maxLength: rules.max }),
    ValidateBy({
      name: 'isText',
      validator: {
        validate: (value: unknown) => textFault(value, rules) === undefined,
        defaultMessage: (args?: ValidationArguments) =>
          `$property ${textFault(args?.value, rules)}`,
      },
    }),
  );
}

function textFault(value: unknown, { min, max, controls, blank }: TextRules): string | undefined {
  if (value === undefined) return 'is missing';
  if (typeof value !== 'string') return 'must be a string';
  if (!value.isWellFormed()) return 'must be well-formed Unicode (it holds half a surrogate pair)';
  const length = codePoints(value);
  if (length < min || length > max) return `must be ${min} to ${max} characters long`;
  if (FORBIDDEN_CONTROLS[controls].test(value)) return 'must not hold control characters';
  if (!blank && value !== '' && value.trim() === '') return 'must not be only white space';
  return undefined;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

/** An e-mail address of at most 254 characters. */
export function IsEmailAddress(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format: 'email', maxLength: 254 }),
    ValidateBy({
      name: 'isEmailAddress',
      validator: {
        validate: isEmailAddress,
        defaultMessage: () => '$property must be an e-mail address of at most 254 characters',
      },
    }),
  );
}

/** The library's check throws on half a surrogate pair. */
function isEmailAddress(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 254 && value.isWellFormed() && isEmail(value);
}

export function isId(text: string): boolean {
  return ID.test(text);
}

/** An id in a body or a query. */
export function IsId(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format: 'uuid' }),
    Matches(ID, { message: `$property ${ID_FAULT}` }),
  );
}

/** An id in a path. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  transform(value: string, { data: field = 'id' }: { data?: string }): string {
    if (ID.test(value)) return value;
    throw new InvalidInputError([{ field, messages: [`${field} ${ID_FAULT}`] }]);
  }
}

/** An id in a path, or `me`. */
@Injectable()
export class IdOrMePipe extends IdPipe {
  override transform(value: string, metadata: { data?: string }): string {
    return value === 'me' ? value : super.transform(value, metadata);
  }
}

const QUERY_INTEGER = Symbol('query integer');

/** A whole number in a query, written in plain digits and given once; `readIntegers` reads it. */
export function IsQueryInteger(min: number, max: number): PropertyDecorator {
  const options = { message: `$property must be a whole number from ${min} to ${max}` };
  return applyDecorators(
    ApiProperty({ required: false, type: 'integer', minimum: min, maximum: max }),
    Reflect.metadata(QUERY_INTEGER, true),
    IsInt(options),
    Min(min, options),
    Max(max, options),
  );
}

/** Makes numbers of the digits in a query, where its DTO wants a number. */
export function readIntegers(query: object): void {
  for (const [field, value] of Object.entries(query)) {
    const isDigits = typeof value === 'string' && /^\d{1,16}$/.test(value);
    if (isDigits && Reflect.hasMetadata(QUERY_INTEGER, query, field)) {
      Object.assign(query, { [field]: Number(value) });
    }
  }
}
