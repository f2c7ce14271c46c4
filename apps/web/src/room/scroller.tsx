import { Component, createRef, type ReactNode } from 'react';

/** What is to be brought into view as soon as it is there. */
export type Goal = { to: 'newest' } | { to: 'message'; id: string } | { to: 'unread' };

interface Props {
  /** Whether the last message here is the room's newest. */
  isAtEnd: boolean;
  goal: { current: Goal | null };
  onScroll: (place: Scrolled) => void;
  children: ReactNode;
}

export interface Scrolled {
  top: number;
  below: number;
  /** Of the last message that is seen whole. */
  seq: number;
}

interface Anchor {
  element: HTMLElement;
  top: number;
}

const NEAR_PX = 48;
const SHOWN_MS = 1500;
const SETTLING_MS = 300;

/**
 * Keeps what is read in its place while messages come above and below, and follows the newest where it is in
 * sight. React measures right before it changes the page: an effect would come too late.
 */
export class Scroller extends Component<Props> {
  private readonly box = createRef<HTMLDivElement>();
  private isStuck = true;
  private width = 0;
  private settledAt = 0;
  private observer: ResizeObserver | null = null;

  override componentDidMount(): void {
    this.observer = new ResizeObserver(() => this.settle());
    this.observer.observe(this.box.current!);
    this.observer.observe(this.box.current!.firstElementChild!);
    this.width = this.box.current!.clientWidth;
    this.reach();
    this.tell();
  }

  override componentWillUnmount(): void {
    this.observer?.disconnect();
  }

  override getSnapshotBeforeUpdate(): Anchor | null {
    const element = this.messageAt(0);
    return element && { element, top: element.getBoundingClientRect().top };
  }

  override componentDidUpdate(before: Props, _state: unknown, anchor: Anchor | null): void {
    const box = this.box.current!;
    if (this.reach()) return this.tell();
    if (this.isStuck && before.isAtEnd && this.props.isAtEnd) box.scrollTop = box.scrollHeight;
    else if (anchor?.element.isConnected) {
      const moved = anchor.element.getBoundingClientRect().top - anchor.top;
      if (Math.abs(moved) >= 1) box.scrollTop += moved;
    }
    this.tell();
  }

  override render(): ReactNode {
    return (
      <div className="scroller" ref={this.box} onScroll={this.onScroll}>
        {this.props.children}
      </div>
    );
  }

  private readonly onScroll = (): void => {
    if (!this.isSettling()) this.isStuck = this.below() < NEAR_PX;
    this.tell();
  };

  /** Sizes are guessed until something is in view: the end stays the end. */
  private settle(): void {
    const box = this.box.current!;
    this.isSettling();
    if (this.isStuck && this.props.isAtEnd) box.scrollTop = box.scrollHeight;
    this.tell();
  }

  /** @returns whether there was something to be brought into view, and is */
  private reach(): boolean {
    const { goal, isAtEnd } = this.props;
    const box = this.box.current!;
    const wanted = goal.current;
    if (!wanted || !box.querySelector('li')) return false;
    const target = this.targetOf(wanted);
    if (!target && wanted.to === 'message') return false;
    if (!target && wanted.to === 'newest' && !isAtEnd) return false;
    goal.current = null;
    this.isStuck = !target;
    if (target) target.scrollIntoView({ block: wanted.to === 'unread' ? 'start' : 'center' });
    else box.scrollTop = box.scrollHeight;
    if (target && wanted.to === 'message') show(target);
    return true;
  }

  private targetOf(goal: Goal): HTMLElement | null {
    const box = this.box.current!;
    if (goal.to === 'newest') return null;
    if (goal.to === 'unread') return box.querySelector('.is-first-unread');
    return box.querySelector(`li[data-id="${CSS.escape(goal.id)}"]`);
  }

  /** With another width all have other sizes, for which the browser scrolls too: nobody has left the end. */
  private isSettling(): boolean {
    const { clientWidth } = this.box.current!;
    if (clientWidth !== this.width) this.settledAt = performance.now() + SETTLING_MS;
    this.width = clientWidth;
    return performance.now() < this.settledAt;
  }

  private below(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.box.current!;
    return scrollHeight - scrollTop - clientHeight;
  }

  private tell(): void {
    const box = this.box.current!;
    const last = this.messageAt(box.clientHeight - 4);
    const seq = Number(
      (last ?? box.querySelector<HTMLElement>('li.message:last-child'))?.dataset.seq ?? 0,
    );
    this.props.onScroll({ top: box.scrollTop, below: this.below(), seq });
  }

  /** The message that stands so far below the upper edge, found by halves. */
  private messageAt(y: number): HTMLElement | null {
    const box = this.box.current!;
    const items = box.querySelectorAll<HTMLElement>('li.message');
    const edge = box.getBoundingClientRect().top + y;
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle].getBoundingClientRect().bottom > edge) high = middle;
      else low = middle + 1;
    }
    return items[low] ?? null;
  }
}

/** Which one it is that was looked for. */
function show(message: HTMLElement): void {
  message.focus({ preventScroll: true });
  message.animate({ backgroundColor: ['var(--accent-soft)', 'transparent'] }, SHOWN_MS);
}
