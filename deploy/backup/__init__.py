"""A backup: a folder with every service's database, the contents of files, the secrets, and a manifest of them all.

    <folder>/manifest.json     what is in it: written last, so a folder without one is no backup
    <folder>/databases/        <service>.sqlite3, or <service>.dump from pg_dump
    <folder>/contents/         what was uploaded, unless that is in S3
    <folder>/secrets.json      the backup is as secret as the data folder itself

Databases are copied one after the other while they are used: those that follow others first, so that a copy is never
ahead of what it follows by more than what the epochs of a restore put right.
"""
