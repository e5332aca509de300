select * from {{ source('feeds', 'rejects') }}
