import type { Member, Profile } from './types.js';

type Patch = (byId: Map<string, Member>) => void;

/** Who is in a room, from the first time that it is asked for. */
export class MemberList {
  byId: Map<string, Member> | null = null;
  /** What was missed may have changed them. */
  isStale = false;
  private patches: Patch[] | null = null;

  /**
   * Notes what comes while the list is on its way, which may be older than that.
   *
   * @returns takes the list, or null where there was no answer
   */
  start(): (members: Member[] | null) => void {
    this.isStale = false;
    const patches: Patch[] = (this.patches = []);
    return (members) => {
      this.patches = null;
      if (!members) this.isStale = true;
      else this.byId = new Map(members.map((member) => [member.user.id, member]));
      for (const patch of patches) if (this.byId) patch(this.byId);
    };
  }

  apply(patch: Patch): void {
    if (this.byId) patch(this.byId);
    this.patches?.push(patch);
  }

  readTo(userId: string, seq: number): void {
    this.apply((byId) => {
      const member = byId.get(userId);
      if (member && (member.read_seq ?? Infinity) < seq)
        byId.set(userId, { ...member, read_seq: seq });
    });
  }

  showPerson(person: Profile): void {
    this.apply((byId) => {
      const member = byId.get(person.id);
      if (member) byId.set(person.id, { ...member, user: person });
    });
  }
}
