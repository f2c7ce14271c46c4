/** What a live value is drawn from when the request goes out. */
export type Kind =
  'chat' | 'message' | 'user' | 'session' | 'refresh_token' | 'email' | 'password' | 'seq';

/** Stands for a value that exists by the time the request goes out: which one, says `pick`. */
export class Live {
  constructor(
    readonly kind: Kind,
    readonly pick: number,
  ) {}
}

/** JSON text that goes out as it is. */
export class Raw {
  constructor(readonly text: string) {}
}

/** An object as a list, so that a name may come twice or be `__proto__`. */
export class Fields {
  constructor(readonly entries: [name: string | Live, value: Node][]) {}
}

/** A JSON value to be. */
export type Node = string | number | boolean | null | Node[] | Fields | Live | Raw;

export type Draw = (live: Live) => string;

export function toJson(node: Node, draw: Draw): string {
  if (node instanceof Raw) return node.text;
  if (node instanceof Live) return node.kind === 'seq' ? draw(node) : JSON.stringify(draw(node));
  if (Array.isArray(node)) return `[${node.map((item) => toJson(item, draw)).join(',')}]`;
  if (node instanceof Fields) {
    const fields = node.entries.map(
      ([name, value]) => `${JSON.stringify(toText(name, draw))}:${toJson(value, draw)}`,
    );
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(node);
}

/** As it stands in a path or a query, before it is encoded: a list with commas between its items. */
export function toText(node: Node, draw: Draw): string {
  if (node instanceof Live) return draw(node);
  if (Array.isArray(node)) return node.map((item) => toText(item, draw)).join();
  return typeof node === 'string' ? node : toJson(node, draw);
}
