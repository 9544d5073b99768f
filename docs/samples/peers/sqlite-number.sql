SELECT * FROM logs WHERE (Signed='true' OR Signed=1)
