-- CreateIndex
CREATE INDEX "Message_createdAt_sessionId_idx" ON "Message"("createdAt", "sessionId");
