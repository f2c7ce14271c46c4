import { type ClipboardEvent, useEffect, useRef, useState } from 'react';

type Take = (files: File[]) => void;

/** Files that are dropped anywhere on the page. @returns whether some are held over it */
export function useDropping(take: Take | null): boolean {
  const [isOver, setOver] = useState(false);
  const last = useRef(take);
  last.current = take;
  const isOn = take !== null;
  useEffect(() => {
    if (!isOn) return;
    const onOver = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // else the browser leaves the page for the file
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      const files = [...(event.dataTransfer?.files ?? [])];
      setOver(false);
      if (files.length === 0) return;
      event.preventDefault();
      last.current?.(files);
    };
    const stop = new AbortController();
    const { signal } = stop;
    window.addEventListener('dragover', onOver, { signal });
    window.addEventListener('dragleave', onLeave, { signal });
    window.addEventListener('drop', onDrop, { signal });
    return () => stop.abort();
  }, [isOn]);
  return isOver;
}

/** Files that are pasted; of what is text too, the text is. */
export function takePasted(event: ClipboardEvent, take: Take): void {
  const { files, types } = event.clipboardData;
  if (files.length === 0 || types.includes('text/plain')) return;
  event.preventDefault();
  take([...files]);
}
