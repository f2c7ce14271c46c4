import type { ValidationError, ValidatorOptions } from 'class-validator';
import { Validator } from 'class-validator/cjs/validation/Validator.js';

/*
 * What of class-validator is in use. Its index loads all of it, and the phone numbers of the world: 5 MiB, and a
 * tenth of the CPU that a start takes.
 */
export { IsIn } from 'class-validator/cjs/decorator/common/IsIn.js';
export { IsOptional } from 'class-validator/cjs/decorator/common/IsOptional.js';
export { ValidateBy } from 'class-validator/cjs/decorator/common/ValidateBy.js';
export { ValidateIf } from 'class-validator/cjs/decorator/common/ValidateIf.js';
export { Max } from 'class-validator/cjs/decorator/number/Max.js';
export { Min } from 'class-validator/cjs/decorator/number/Min.js';
export { isEmail } from 'class-validator/cjs/decorator/string/IsEmail.js';
export { Matches } from 'class-validator/cjs/decorator/string/Matches.js';
export { IsInt } from 'class-validator/cjs/decorator/typechecker/IsInt.js';

const validator = new Validator();

export function validateSync(object: object, options?: ValidatorOptions): ValidationError[] {
  return validator.validateSync(object, options);
}
