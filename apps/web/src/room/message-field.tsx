import {
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useLayoutEffect,
} from 'react';

/**
 * As high as what is in it, up to the limit of its style. Enter is for `onEnter`, Shift and Enter begin a
 * line; of other keys `onKey` tells whether it has used them.
 */
export function MessageField(props: {
  area: RefObject<HTMLTextAreaElement | null>;
  text: string;
  label: string;
  placeholder?: string;
  onText: (text: string) => void;
  onEnter: () => void;
  onKey: (key: string) => boolean;
  onPaste?: (event: ClipboardEvent) => void;
}): ReactNode {
  const { area, text, label, placeholder, onText, onEnter, onKey } = props;
  useLayoutEffect(() => {
    const { style } = area.current!;
    style.height = 'auto';
    style.height = `${area.current!.scrollHeight + 2}px`; // its borders
  }, [area, text]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const isEnter = event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;
    if (isEnter) onEnter();
    else if (!onKey(event.key)) return;
    event.preventDefault();
  };
  return (
    <textarea
      ref={area}
      rows={1}
      value={text}
      dir="auto"
      aria-label={label}
      placeholder={placeholder}
      onChange={(event) => onText(event.target.value)}
      onKeyDown={onKeyDown}
      onPaste={props.onPaste}
    />
  );
}
