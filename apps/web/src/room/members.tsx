import type { Chat, Member, Role } from '@conclave/client';
import { type ReactNode, useEffect } from 'react';
import { type UsedRoom, useClient, useMe } from '@conclave/client/react';
import { nameOf } from '../names';
import { idOf } from '../rooms/new-room';
import { useAction } from '../ui/action';
import { Avatar } from '../ui/avatar';
import { Field, Form } from '../ui/form';
import { IconButton } from '../ui/icon';
import { wordsOf } from '../words';

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
        {problem && wordsOf(problem)}
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

/** What the user may do with another member. */
function useRights(chat: Chat, { user, role }: Member): { canRank: boolean; canRemove: boolean } {
  const me = useMe();
  const isOpen = chat.visibility !== 'direct' && user.id !== me?.id;
  const isOwner = chat.role === 'owner';
  return {
    canRank: isOpen && isOwner,
    canRemove: isOpen && (isOwner || (chat.role === 'admin' && role === 'member')),
  };
}

function MemberRow({ member, used, chat }: Props & { member: Member }): ReactNode {
  const { user, role } = member;
  const me = useMe();
  const { canRank, canRemove } = useRights(chat, member);
  const { run, isBusy, problem } = useAction();
  const name = nameOf(user);
  return (
    <li className="member">
      <Avatar id={user.id} name={name} />
      <div className="member-who">
        <p className="member-name" dir="auto">
          {name}
          {user.id === me?.id && ' (you)'}
        </p>
        <p className={problem ? 'member-about is-wrong' : 'member-about soft'} dir="auto">
          {problem ? wordsOf(problem) : user.profile}
        </p>
      </div>
      {canRank ? (
        <RoleChoice
          name={name}
          role={role}
          isBusy={isBusy}
          onChoose={(next) => void run(() => used.putMember(user.id, next))}
        />
      ) : (
        <span className="tag">{role}</span>
      )}
      {canRemove && (
        <IconButton
          icon="close"
          label={`Remove ${name}`}
          isDisabled={isBusy}
          onClick={() => void run(() => used.removeMember(user.id))}
        />
      )}
    </li>
  );
}

function RoleChoice(props: {
  name: string;
  role: Role;
  isBusy: boolean;
  onChoose: (role: Role) => void;
}): ReactNode {
  return (
    <select
      aria-label={`Role of ${props.name}`}
      value={props.role}
      disabled={props.isBusy}
      onChange={(event) => props.onChoose(event.target.value as Role)}
    >
      {ROLES.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  );
}
