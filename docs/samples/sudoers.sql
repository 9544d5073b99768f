SELECT * FROM events
WHERE (CommandLine LIKE '%!%wheel ALL=(ALL%' ESCAPE '!'
       OR CommandLine LIKE '%!%sudo ALL=(ALL%' ESCAPE '!'
       OR CommandLine LIKE '% ALL=(ALL) NOPASSWD: ALL%')
  AND (CommandLine LIKE '%/etc/sudoers%' OR CommandLine LIKE '%tee -a ''sudoers%')
  AND ParentImage NOT IN ('/usr/bin/dpkg', '/usr/bin/rpm')
