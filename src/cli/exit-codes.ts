/** What the command ends with; docs/command.md has them too. */
export const EXIT = {
  done: 0,
  /** Refused or failed; of `doctor` a danger, of `keys verify` something that does not open. */
  failed: 1,
  usage: 2,
  /** `keys status`, `keys rotate`: keys are left under another master key than the first. */
  unfinished: 3,
  /** Stored keys are under a master key that is not there. */
  keyMissing: 4,
} as const;
