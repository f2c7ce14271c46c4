/** A promise that somebody holds up until `open`. */
export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
  private meet!: () => void;
  /** Resolves when somebody waits here. */
  readonly reached = new Promise<void>((resolve) => (this.meet = resolve));

  /** Waits for it to open. */
  async pass(): Promise<void> {
    this.meet();
    await this.opened;
  }
}
