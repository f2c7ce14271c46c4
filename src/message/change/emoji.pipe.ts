import { Injectable, PipeTransform } from '@nestjs/common';
import { InvalidInputError } from '../../common/errors.js';

/** Unicode's emoji for interchange, sequences included (UTS #51). */
const EMOJI = new RegExp('^\\p{RGI_Emoji}$', 'v');
const VARIATION_SELECTORS = /\ufe0f/g;
/** What shows as text unless a variation selector or a skin tone follows it. */
const TEXT_BY_DEFAULT = new RegExp(
  '[\\p{Emoji}--\\p{Emoji_Presentation}](?!\\p{Emoji_Modifier})',
  'gv',
);

/** One emoji in a path, in the form that Unicode recommends: `❤` and `❤️` are the same. */
@Injectable()
export class EmojiPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const emoji = value.replace(VARIATION_SELECTORS, '').replace(TEXT_BY_DEFAULT, '$&\ufe0f');
    if (EMOJI.test(emoji)) return emoji;
    throw new InvalidInputError([{ field: 'emoji', messages: ['emoji must be one single emoji'] }]);
  }
}
