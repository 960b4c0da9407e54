import { UPLOAD_CHUNK_BYTES } from '../../engine/protocol/contract.ts';
import { workstation } from '../client/store.ts';

/**
 * Sends a file in chunks.
 * @param onProgress hears the part that has been sent, 0 to 1
 * @returns the id of the upload, for whatever is done with it
 */
export async function upload(file: File, onProgress: (part: number) => void): Promise<string> {
  const { uploadId } = await workstation().call('data.upload-start', {
    name: file.name,
    bytes: file.size,
  });
  for (let offset = 0; offset < file.size; offset += UPLOAD_CHUNK_BYTES) {
    const chunk = file.slice(offset, offset + UPLOAD_CHUNK_BYTES);
    const bytes = new Uint8Array(await chunk.arrayBuffer());
    await workstation().call('data.upload-chunk', { uploadId, offset, bytes });
    onProgress(Math.min(1, (offset + bytes.byteLength) / file.size));
  }
  return uploadId;
}
