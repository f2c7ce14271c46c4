import type { Problem } from '@conclave/client';
import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
} from 'react';
import { wordsOf } from '../words';
import { type Action, useAction } from './action';

/** Problems that name no field, and are of one all the same. */
const FIELDS: Record<string, string[]> = {
  'urn:conclave:problem:email-taken': ['email'],
  'urn:conclave:problem:wrong-password': ['password', 'current_password'],
  'urn:conclave:problem:no-password': ['current_password'],
  'urn:conclave:problem:wrong-token': ['password'],
};

/** Whether a field of the form tells of it. */
function isTold(form: HTMLFormElement | null, problem: Problem): boolean {
  const names = [...(FIELDS[problem.type] ?? []), ...Object.keys(problem.fields)];
  return names.some((name) => form?.elements.namedItem(name));
}

const ProblemContext = createContext<Problem | null>(null);

/** What was typed, by the names of the fields. */
export type Values = Record<string, string>;

interface FormProps {
  label: string;
  button: string;
  /** Beside the first button. */
  more?: ReactNode;
  /** What to say once it is done. */
  done?: string | null;
  isDanger?: boolean;
  onSubmit: (values: Values, form: HTMLFormElement) => Promise<unknown>;
  children: ReactNode;
}

/** Fields and a button; what is wrong is told beside its field, the rest above the button. */
export function Form(props: FormProps): ReactNode {
  const action = useAction();
  const form = useRef<HTMLFormElement>(null);
  const { problem } = action;
  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problem]);
  const submit = (): void => {
    const values = Object.fromEntries(new FormData(form.current!)) as Values;
    void action.run(() => props.onSubmit(values, form.current!));
  };
  return (
    <ProblemContext value={problem}>
      <form
        ref={form}
        noValidate
        aria-label={props.label}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {props.children}
        <FormFoot {...props} form={form.current} action={action} />
      </form>
    </ProblemContext>
  );
}

function FormFoot({
  button,
  more,
  done,
  isDanger,
  form,
  action,
}: FormProps & { form: HTMLFormElement | null; action: Action }): ReactNode {
  const { problem, isBusy } = action;
  return (
    <>
      <div className="form-foot">
        <button className={isDanger ? 'button is-danger' : 'button'} disabled={isBusy}>
          {button}
        </button>
        {more}
        <span role="status" className="form-done">
          {!problem && !isBusy ? done : null}
        </span>
        <span role="alert" className="form-word">
          {problem && !isTold(form, problem) ? wordsOf(problem) : null}
        </span>
      </div>
    </>
  );
}

function fieldWords(problem: Problem | null, name: string, label: string): string | undefined {
  if (!problem) return undefined;
  if (FIELDS[problem.type]?.includes(name)) return problem.detail;
  return problem.fields[name]?.map((each) => each.replace(name, label)).join('. ');
}

/** One field with its label, and what is wrong with it. */
export function Field({
  label,
  hint,
  name,
  ...input
}: {
  label: string;
  hint?: string;
  name: string;
} & InputHTMLAttributes<HTMLInputElement>): ReactNode {
  const id = useId();
  const problem = useContext(ProblemContext);
  const words = fieldWords(problem, name, label);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        name={name}
        aria-invalid={words ? true : undefined}
        aria-describedby={`${id}-word`}
      />
      <p id={`${id}-word`} className={words ? 'field-word is-wrong' : 'field-word'}>
        {words ?? hint}
      </p>
    </div>
  );
}
