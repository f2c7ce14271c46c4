import { beforeEach, describe, expect, it } from 'vitest';
import { Reads } from '../src/reads.js';

describe('how much of a room is unread', () => {
  let reads: Reads;
  beforeEach(() => {
    reads = new Reads();
    reads.set(10, 4, 6);
  });

  it('is what the server says', () => {
    expect(reads).toMatchObject({ readSeq: 4, unread: 6, isCertain: true });
  });

  it('grows by what others send', () => {
    reads.messageCreated(11, false);
    expect(reads).toMatchObject({ readSeq: 4, unread: 7 });
  });

  it('ends with a message of the user', () => {
    reads.messageCreated(11, true);
    expect(reads).toMatchObject({ readSeq: 11, unread: 0, isCertain: true });
  });

  it('moves with the marker, forward alone', () => {
    reads.moveTo(8);
    expect(reads).toMatchObject({ readSeq: 8, unread: 2 });
    reads.moveTo(5);
    expect(reads).toMatchObject({ readSeq: 8, unread: 2 });
  });

  it('ends at the last message, however far the marker would go', () => {
    reads.moveTo(Infinity);
    reads.messageCreated(11, false);
    expect(reads).toMatchObject({ readSeq: 10, unread: 1 });
  });

  it('counts no deleted message beyond the marker, once', () => {
    reads.messageDeleted(6);
    reads.messageDeleted(6);
    reads.messageDeleted(4);
    expect(reads.unread).toBe(5);
    reads.moveTo(5);
    expect(reads.unread).toBe(4);
    reads.moveTo(6);
    expect(reads.unread).toBe(4);
  });

  describe('where some were deleted at places unknown', () => {
    beforeEach(() => reads.set(10, 4, 4));

    it('is a guess once the marker is in their midst', () => {
      expect(reads).toMatchObject({ unread: 4, isCertain: true });
      reads.moveTo(7);
      expect(reads).toMatchObject({ unread: 1, isCertain: false });
      reads.moveTo(9);
      expect(reads.unread).toBe(0);
    });

    it('is what the server says of the marker', () => {
      reads.messageCreated(11, false);
      reads.moveTo(7, 3);
      expect(reads.unread).toBe(3);
      reads.moveTo(10);
      expect(reads.unread).toBe(1);
    });

    it('is certain where the marker is beyond them', () => {
      reads.messageCreated(11, false);
      reads.messageCreated(12, false);
      reads.moveTo(10);
      expect(reads).toMatchObject({ unread: 2, isCertain: true });
    });

    it('is certain once the server has been asked', () => {
      reads.moveTo(7);
      reads.messageDeleted(9);
      reads.set(10, 7, 2);
      expect(reads).toMatchObject({ unread: 2, isCertain: true });
    });
  });
});
