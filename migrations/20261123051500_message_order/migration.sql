-- DropIndex
DROP INDEX "Message_sessionId_idx";

-- CreateIndex
CREATE INDEX "Message_sessionId_createdAt_id_idx" ON "Message"("sessionId", "createdAt", "id");
