SELECT * FROM logs WHERE signature REGEXP 'APT\d'
