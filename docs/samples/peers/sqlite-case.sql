SELECT * FROM logs WHERE `action`='Removed'
