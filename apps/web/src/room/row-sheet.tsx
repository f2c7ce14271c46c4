import type { ConclaveClient, RoomMessage } from '@conclave/client';
import { type ReactNode, useEffect, useState } from 'react';
import { useClient } from '@conclave/client/react';
import { useAction } from '../ui/action';
import { Sheet } from '../ui/sheet';
import { wordsOf } from '../words';

type Row = Record<string, string | number | null>;

/** A message as it is read, beside its row in the database. */
export function RowSheet(props: { message: RoomMessage; onClose: () => void }): ReactNode {
  const { message, onClose } = props;
  const client = useClient();
  const [row, setRow] = useState<Row | null>(null);
  const { run, problem } = useAction();
  useEffect(() => {
    void run(async () => setRow(await rowOf(client, message.id)));
  }, [client, message.id]);
  return (
    <Sheet title="On the disk" onClose={onClose}>
      <section className="sheet-part">
        <h3>What you read</h3>
        <p className="text" dir="auto">
          {message.message}
        </p>
        {message.attachments.map(({ id, file_name }) => (
          <p key={id} className="soft" dir="auto">
            {file_name}
          </p>
        ))}
      </section>
      <section className="sheet-part" aria-busy={!row && !problem}>
        <h3>What is stored</h3>
        <p className="soft">
          The row of the table <code>message</code>. Its text is nowhere but in the ciphertext,
          whose key is in no row.
        </p>
        <p role="status" className="form-word">
          {problem && wordsOf(problem)}
        </p>
        <dl className="row">
          {Object.entries(row ?? {}).map(([name, value]) => (
            <div key={name} className={name === 'ciphertext' ? 'row-cell is-sealed' : 'row-cell'}>
              <dt>{name}</dt>
              <dd>{value === null ? 'NULL' : String(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </Sheet>
  );
}

/** A route of development, which no document of the API names; see `SHOWS_ROWS`. */
async function rowOf({ api }: ConclaveClient, id: string): Promise<Row> {
  const get = api.GET as unknown as (path: string, init?: object) => Promise<{ data: Row }>;
  return (await get(`/app/row/${id}`)).data;
}
