/** More tombstones than these are not counted. */
const MOST_COUNTED = 1000;

/**
 * How many messages that are deleted lie beyond a member's marker, as SQL over `chat` and `member`:
 * 0 at once where none was deleted there. Index message(chat_id, seq) WHERE deleted_at IS NOT NULL.
 */
export const DELETED_UNREAD = `CASE WHEN chat.last_deleted_seq > member.read_seq THEN
  (SELECT count(*) FROM (SELECT 1 FROM message WHERE message.chat_id = chat.id
    AND message.seq > member.read_seq AND message.deleted_at IS NOT NULL
    LIMIT ${MOST_COUNTED}) AS bounded)
  ELSE 0 END`;
