/** Characters before the first hit, and in all. */
const BEFORE = 40;
const LENGTH = 240;
/** Fewer than these are not worth leaving out. */
const SPARED = 20;

export interface Piece {
  text: string;
  isHit: boolean;
}

/**
 * Of a message what stands around the first hit, in pieces.
 *
 * @param highlights `[start, length]` in code points, in their order
 */
export function excerpt(text: string, highlights: readonly [number, number][]): Piece[] {
  const characters = [...text];
  const first = highlights[0]?.[0] ?? 0;
  const start = first > BEFORE + SPARED ? first - BEFORE : 0;
  const end = Math.min(characters.length, start + LENGTH);
  const part = (from: number, to: number): string => characters.slice(from, to).join('');
  const pieces: Piece[] = [];
  let at = start;
  for (const [from, length] of highlights) {
    if (from >= end) break;
    const to = Math.min(from + length, end);
    pieces.push({ text: part(at, from), isHit: false }, { text: part(from, to), isHit: true });
    at = to;
  }
  pieces.push({ text: part(at, end), isHit: false });
  if (start > 0) pieces.unshift({ text: '… ', isHit: false });
  if (end < characters.length) pieces.push({ text: ' …', isHit: false });
  return pieces.filter((piece) => piece.text !== '');
}
