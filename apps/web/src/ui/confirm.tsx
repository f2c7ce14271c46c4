import { type ReactNode, useState } from 'react';

/** A button that asks once more. */
export function Confirm(props: {
  label: string;
  question: string;
  confirm: string;
  onConfirm: () => void;
}): ReactNode {
  const [isAsking, setAsking] = useState(false);
  if (!isAsking)
    return (
      <button type="button" className="button is-quiet is-danger" onClick={() => setAsking(true)}>
        {props.label}
      </button>
    );
  return (
    <div role="group" aria-label={props.question} className="confirm">
      <p>{props.question}</p>
      <button
        type="button"
        className="button is-danger"
        autoFocus
        onClick={() => {
          setAsking(false);
          props.onConfirm();
        }}
      >
        {props.confirm}
      </button>
      <button type="button" className="button is-quiet" onClick={() => setAsking(false)}>
        Cancel
      </button>
    </div>
  );
}
