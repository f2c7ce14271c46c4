import { IsText } from '../common/validators.js';

export class EraseMeDto {
  /**
   * Your password, to be sure.
   * @example "correct horse battery staple"
   */
  @IsText({ min: 1, max: 128, controls: 'all', blank: true }) password: string;
}
