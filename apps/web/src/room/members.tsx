import type { Chat, Member, Role } from '@conclave/client';
import { type ReactNode, useEffect } from 'react';
import { type UsedRoom, useClient, useMe } from '@conclave/client/react';
import { nameOf } from '../names';
import { idOf } from '../rooms/new-room';
import { useAction } from '../ui/action';
import { Avatar } from '../ui/avatar';
import { Field, Form } from '../ui/form';

const ROLES: Role[] = ['member', 'admin', 'owner'];

interface Props {
  used: UsedRoom;
  chat: Chat;
}

export function Members({ used, chat }: Props): ReactNode {
  const client = useClient();
  const { members, loadMembers, putMember } = used;
  const { run, problem } = useAction();
  useEffect(() => {
    if (!members) void run(loadMembers);
  }, [loadMembers]);
  const isDirect = chat.visibility === 'direct';
  const isAdmin = !isDirect && (chat.role === 'owner' || chat.role === 'admin');
  return (
    <section className="sheet-part" aria-label="Members">
      <p role="alert" className="form-word">
        {problem?.detail}
      </p>
      <ul className="members" aria-busy={!members}>
        {members?.map((member) => (
          <MemberRow key={member.user.id} member={member} used={used} chat={chat} />
        ))}
      </ul>
      {isAdmin && (
        <Form
          label="Add somebody"
          button="Add"
          onSubmit={async ({ email }, form) => {
            await putMember(await idOf(client, email));
            form.reset();
          }}
        >
          <Field label="Add by e-mail" name="email" type="email" autoComplete="off" />
        </Form>
      )}
    </section>
  );
}

function MemberRow({ member, used, chat }: Props & { member: Member }): ReactNode {
  const { user, role } = member;
  const me = useMe();
  const { run, isBusy, problem } = useAction();
  const isDirect = chat.visibility === 'direct';
  const isOther = user.id !== me?.id;
  const isOwner = chat.role === 'owner';
  const canRemove =
    !isDirect && isOther && (isOwner || (chat.role === 'admin' && role === 'member'));
  const name = nameOf(user);
  return (
    <li className="member">
      <Avatar id={user.id} name={name} />
      <span className="member-name">
        {name}
        {!isOther && ' (you)'}
      </span>
      <span className="member-about soft">{problem?.detail ?? user.profile}</span>
      {isOwner && isOther && !isDirect ? (
        <select
          aria-label={`Role of ${name}`}
          value={role}
          disabled={isBusy}
          onChange={(event) => void run(() => used.putMember(user.id, event.target.value as Role))}
        >
          {ROLES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <span className="tag">{role}</span>
      )}
      {canRemove && (
        <button
          type="button"
          className="button is-quiet is-small is-danger"
          aria-label={`Remove ${name}`}
          disabled={isBusy}
          onClick={() => void run(() => used.removeMember(user.id))}
        >
          Remove
        </button>
      )}
    </li>
  );
}
