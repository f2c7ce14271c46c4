import { applyDecorators, Injectable, PipeTransform } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { ValidationArguments } from 'class-validator';
import { isEmail, IsInt, Matches, Max, Min, ValidateBy, ValidateIf } from './class-validator.js';
import { InvalidInputError } from '../common/errors.js';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ID_FAULT = 'must be an id as this API gives them (a lower-case UUID)';

/** A field that may be left out, but not be `null`; `IsOptional` is for those that may be either. */
export function MayBeLeftOut(): PropertyDecorator {
  return ValidateIf((_dto, value) => value !== undefined);
}

/** A field that stands in the place of another one. */
export function IsWithout(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'isWithout',
    validator: {
      validate: (_value: unknown, args?: ValidationArguments) =>
        (args!.object as Record<string, unknown>)[other] === undefined,
      defaultMessage: () => `$property must not be given together with ${other}`,
    },
  });
}

interface TextRules {
  /** Length in Unicode code points. */
  min: number;
  max: number;
  /** Control characters that may stand in the text. */
  controls: 'all' | 'line breaks' | 'none';
  /** Whether it may do without a visible character. */
  blank: boolean;
  /** It stands amid other text, whose direction it must not turn. */
  isName?: true;
}

const FORBIDDEN_CONTROLS = {
  all: /(?!)/,
  // eslint-disable-next-line no-control-regex
  'line breaks': /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/,
  none: /\p{Cc}/u,
};

const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;
/** The joiners are none of these: Persian and Hindi are written with them, and emoji. */
const TURNS_DIRECTION = /\p{Bidi_Control}/u;

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

/** A name of a person or a room, of one line. */
export function IsName(max: number): PropertyDecorator {
  return IsText({ min: 1, max, controls: 'none', blank: false, isName: true });
}

function textFault(
  value: unknown,
  { min, max, controls, blank, isName }: TextRules,
): string | undefined {
  if (value === undefined) return 'is missing';
  if (typeof value !== 'string') return 'must be a string';
  if (!value.isWellFormed()) return 'must be well-formed Unicode (it holds half a surrogate pair)';
  const length = codePoints(value);
  if (length < min || length > max) return `must be ${min} to ${max} characters long`;
  if (FORBIDDEN_CONTROLS[controls].test(value)) return 'must not hold control characters';
  if (isName && TURNS_DIRECTION.test(value)) {
    return 'must not hold characters that turn the direction of text (U+202A to U+202E and the like)';
  }
  if (!blank && !VISIBLE.test(value)) return 'must hold at least one visible character';
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

const HOUR = '([01]\\d|2[0-3]):[0-5]\\d';
const TIME = new RegExp(
  `^(?<day>\\d{4}-\\d\\d-\\d\\d)T${HOUR}:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]${HOUR})$`,
);

/** A time as RFC 3339 has it, with its offset. */
export function IsTime(): PropertyDecorator {
  const message =
    '$property must be a time with its offset, such as 2026-11-22T17:32:00.000Z (in a query `+` is written %2B)';
  return applyDecorators(
    ApiProperty({ format: 'date-time' }),
    ValidateBy({
      name: 'isTime',
      validator: { validate: isTime, defaultMessage: () => message },
    }),
  );
}

/** `Date.parse` makes the first of March of 30 February. */
function isTime(value: unknown): boolean {
  const day = typeof value === 'string' ? TIME.exec(value)?.groups!.day : undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day!);
}

const QUERY_INTEGER = Symbol('query integer');
const QUERY_IDS = Symbol('query ids');

/** A whole number in a query, written in plain digits and given once; `readQuery` reads it. */
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

/**
 * Ids in a query, with commas between them; `readQuery` reads them.
 *
 * @param example of one: Swagger UI sends an example of the whole list unasked
 */
export function IsQueryIds(max: number, example: string): PropertyDecorator {
  const message = `$property must be 1 to ${max} ids as this API gives them (lower-case UUIDs), with commas between them`;
  const areIds = (value: unknown): boolean =>
    Array.isArray(value) && value.length <= max && value.every(isId);
  // Swagger UI has no field for a list of uuids, and complains of it.
  const items = { type: 'string', pattern: ID.source, example };
  return applyDecorators(
    ApiProperty({ required: false, type: 'array', items, minItems: 1, maxItems: max }),
    Reflect.metadata(QUERY_IDS, true),
    ValidateBy({
      name: 'isQueryIds',
      validator: { validate: areIds, defaultMessage: () => message },
    }),
  );
}

/** Makes of the texts in a query the numbers and lists that its DTO wants. */
export function readQuery(query: object): void {
  for (const [field, value] of Object.entries(query)) {
    if (typeof value !== 'string') continue;
    if (Reflect.hasMetadata(QUERY_IDS, query, field)) {
      Object.assign(query, { [field]: value.split(',') });
    } else if (/^\d{1,16}$/.test(value) && Reflect.hasMetadata(QUERY_INTEGER, query, field)) {
      Object.assign(query, { [field]: Number(value) });
    }
  }
}
