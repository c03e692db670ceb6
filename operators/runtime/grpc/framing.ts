import { GrpcError, code } from './status.ts';

/** A message as gRPC sends it: a flag, its length in four bytes, its content. */

const headSize = 5;

export const frame = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(headSize);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

/**
 * Takes bytes as they come, and gives back the messages that they complete. Throws a GrpcError at a message that is longer
 * than `most` bytes, or compressed, which nobody was offered.
 */
export const createDeframer = (most: number): ((chunk: Buffer) => Buffer[]) => {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted = headSize;
  /** Once for each message, however many chunks it comes in. */
  const gathered = (): Buffer => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts = [bytes];
    return bytes;
  };
  return (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    const messages: Buffer[] = [];
    while (held >= wanted) {
      const bytes = gathered();
      const length = bytes.readUInt32BE(1);
      if (bytes[0] !== 0) throw new GrpcError(code.unimplemented, 'compressed messages are not understood');
      if (length > most)
        throw new GrpcError(
          code.resourceExhausted,
          `a message of ${length} bytes was sent, which is more than the ${most} that are taken`,
        );
      wanted = headSize + length;
      if (held < wanted) break;
      messages.push(bytes.subarray(headSize, wanted));
      parts = [bytes.subarray(wanted)];
      held -= wanted;
      wanted = headSize;
    }
    return messages;
  };
};
