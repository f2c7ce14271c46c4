import type { MessageDto, MessagePageDto } from './message.dto.js';

const TEXT = Symbol('text');

/** A view that may be shown again. */
interface Shown extends MessageDto {
  [TEXT]?: string;
}

/** JSON of a page: that of a view which was shown before is known. */
export function pageText({ data, ...rest }: MessagePageDto): string {
  const texts = data.map((view: Shown) => (view[TEXT] ??= JSON.stringify(view)));
  return `{"data":[${texts.join()}],${JSON.stringify(rest).slice(1)}`;
}
