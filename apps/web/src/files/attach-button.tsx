import { type ReactNode, useRef } from 'react';
import { IconButton } from '../ui/icon';

export function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon="clip"
        label="Attach files"
        className="attach"
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          target.value = ''; // the same one may be chosen again
        }}
      />
    </>
  );
}
