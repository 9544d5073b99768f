SELECT * FROM logs WHERE `action` LIKE 'Update%' ESCAPE '\' AND (NOT COALESCE((user=target), 0))
