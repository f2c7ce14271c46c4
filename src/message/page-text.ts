import type { MessageDto, MessagePageDto } from './message.dto.js';

const TEXT = Symbol('text');

/** A view that will be shown again; its JSON once it is known. */
interface Kept extends MessageDto {
  [TEXT]?: string;
}

/** Says of a view that it will be shown again. */
export function keepText(view: Kept): void {
  view[TEXT] = '';
}

/** JSON of a page: that of a kept view is made once. */
export function pageText(page: MessagePageDto): string {
  const { data, ...rest } = page;
  if (!data.some(isKept)) return JSON.stringify(page);
  return `{"data":[${data.map(textOf).join()}],${JSON.stringify(rest).slice(1)}`;
}

function textOf(view: Kept): string {
  return isKept(view) ? (view[TEXT] ||= JSON.stringify(view)) : JSON.stringify(view);
}

function isKept(view: Kept): boolean {
  return view[TEXT] !== undefined;
}
